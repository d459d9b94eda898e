const swc = ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } }];

/** One project a tier, so that `npm run test:unit` and friends select by name. */
const project = (name, extra = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': swc },
  testEnvironment: 'node',
  // State of clusters that run meanwhile, and what is generated.
  modulePathIgnorePatterns: ['<rootDir>/.duotel/', '<rootDir>/build/', '<rootDir>/dist/'],
  ...extra,
});

export default {
  // Far more than any test takes: what a test waits for has limits of its own.
  testTimeout: 1_200_000,
  reporters: ['default', '<rootDir>/test/support/reporting/result-reporter.js'],
  projects: [
    project('unit'),
    project('golden'),
    project('configs'),
    project('cluster'),
    project('checks'),
    project('gitops'),
    project('e2e'),
    project('faults'),
  ],
};
