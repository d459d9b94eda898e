/** `node tools/releases/main.ts DIST ARCHIVE`: keeps the `dist` of a release as a fixture of the upgrade test. */
import { packDist } from './archive.ts';

const [dist, archive] = process.argv.slice(2);
if (dist === undefined || archive === undefined) {
  process.stderr.write('usage: node tools/releases/main.ts DIST test/fixtures/releases/VERSION/dist.json.br\n');
  process.exitCode = 2;
} else packDist(dist, archive);
