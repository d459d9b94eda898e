import { appendFileSync } from 'node:fs';

/** Adds a line "passed failed" to the file that DUOTEL_TEST_COUNTS names, for .ci/run, which sums them over the tiers. */
export default class CountReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites }) {
    const file = process.env.DUOTEL_TEST_COUNTS;
    if (file) appendFileSync(file, `${numPassedTests} ${numFailedTests + numRuntimeErrorTestSuites}\n`);
  }
}
