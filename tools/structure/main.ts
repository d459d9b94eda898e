import { Command, Option } from 'commander';
import { runCommand } from '../lib/run-command.ts';
import { sourceFiles } from './source-files.ts';
import { MOST_LINES, type StructureFaults, structureFaults } from './structure.ts';

const TITLES: Readonly<Record<keyof StructureFaults, string>> = {
  circles: 'circles of files',
  arrows: 'imports against the list',
  longFiles: `files over ${MOST_LINES} lines`,
};

function main({ output }: { readonly output: 'table' | 'json' }): void {
  const files = sourceFiles(new URL('../..', import.meta.url).pathname);
  const faults = structureFaults(files);
  process.stdout.write(
    output === 'json' ? `${JSON.stringify({ files: files.length, ...faults }, null, 2)}\n` : table(faults, files.length),
  );
  if (Object.values(faults).some((lines) => lines.length > 0)) process.exitCode = 1;
}

function table(faults: StructureFaults, files: number): string {
  const parts = (['circles', 'arrows', 'longFiles'] as const).map((kind) => {
    const lines = faults[kind].map((line) => `  ${line}\n`);
    return `${TITLES[kind]}: ${lines.length === 0 ? 'none' : lines.length}\n${lines.join('')}`;
  });
  return `${parts.join('')}${files} files looked at\n`;
}

await runCommand(
  new Command('structure')
    .description(
      'Prints what is wrong with the structure of the repository: circles of files, imports against the list in tools/structure/layers.ts, ' +
        `and files over ${MOST_LINES} lines. Types count as values do. Exits with 1 where anything is wrong.`,
    )
    .addOption(new Option('-o, --output <format>', 'what is printed').choices(['table', 'json']).default('table'))
    .action(main),
);
