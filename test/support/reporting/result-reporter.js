import { appendFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/**
 * Writes into the folder that DUOTEL_TEST_RESULTS names, for those that run several tiers or one suite several times:
 * `counts`, a line "passed failed" a run, and `suites.jsonl`, a SuiteResult (suite-result.ts) a line.
 */
export default class ResultReporter {
  onRunComplete(_contexts, { numPassedTests, numFailedTests, numRuntimeErrorTestSuites, testResults }) {
    const folder = process.env.DUOTEL_TEST_RESULTS;
    if (!folder) return;
    appendFileSync(join(folder, 'counts'), `${numPassedTests} ${numFailedTests + numRuntimeErrorTestSuites}\n`);
    const ran = testResults.filter(({ skipped }) => !skipped);
    appendFileSync(join(folder, 'suites.jsonl'), ran.map((result) => `${JSON.stringify(suiteResult(result))}\n`).join(''));
  }
}

function suiteResult({ displayName, testFilePath, perfStats, testExecError, testResults }) {
  const names = (status) => testResults.filter((test) => test.status === status).map(({ fullName }) => fullName);
  return {
    tier: displayName?.name ?? '',
    suite: relative(process.cwd(), testFilePath),
    milliseconds: perfStats.end - perfStats.start,
    passed: names('passed').length,
    failed: names('failed'),
    broken: testExecError !== undefined && testExecError !== null,
  };
}
