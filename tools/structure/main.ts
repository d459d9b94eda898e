import { parseArgs } from 'node:util';
import { allowClosedPipe } from '../../src/cli/output/closed-pipe.ts';
import { sourceFiles } from './source-files.ts';
import { MOST_LINES, type StructureFaults, structureFaults } from './structure.ts';

const HELP = `Prints what is wrong with the structure of the repository: circles of files, imports against the list in
tools/structure/layers.ts, and files over ${MOST_LINES} lines. Types count as values do.

  npm run structure
  npm run --silent structure -- -o json

Exits with 1 where anything is wrong.
`;

const TITLES: Readonly<Record<keyof StructureFaults, string>> = {
  circles: 'circles of files',
  arrows: 'imports against the list',
  longFiles: `files over ${MOST_LINES} lines`,
};

allowClosedPipe();
const { values } = parseArgs({
  options: { output: { type: 'string', short: 'o', default: 'table' }, help: { type: 'boolean', short: 'h', default: false } },
});
if (values.help) {
  process.stdout.write(HELP);
} else if (values.output !== 'table' && values.output !== 'json') {
  process.stderr.write(`--output is table or json, not "${values.output}"\n`);
  process.exitCode = 2;
} else {
  const files = sourceFiles(new URL('../..', import.meta.url).pathname);
  const faults = structureFaults(files);
  if (values.output === 'json') process.stdout.write(`${JSON.stringify({ files: files.length, ...faults }, null, 2)}\n`);
  else {
    for (const kind of ['circles', 'arrows', 'longFiles'] as const) {
      process.stdout.write(`${TITLES[kind]}: ${faults[kind].length === 0 ? 'none' : faults[kind].length}\n`);
      for (const line of faults[kind]) process.stdout.write(`  ${line}\n`);
    }
    process.stdout.write(`${files.length} files looked at\n`);
  }
  if (Object.values(faults).some((lines) => lines.length > 0)) process.exitCode = 1;
}
