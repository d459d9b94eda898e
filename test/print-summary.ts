/** The end of .ci/run: `node test/print-summary.ts FOLDER` prints the slowest suites, the time by tier and what failed in all of its steps. */
import { readSuiteResults } from './support/reporting/suite-result.ts';
import { summary } from './support/reporting/summary.ts';
import { readTierResults } from './support/reporting/tier-result.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('the folder that DUOTEL_TEST_RESULTS named is missing: node test/print-summary.ts FOLDER');
const results = readTierResults(folder);
const tiers = results.map(({ tier }) => tier);
process.stdout.write(`${summary(tiers, results, readSuiteResults(folder))}\n`);
