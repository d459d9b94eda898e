import type { Command } from 'commander';
import { didYouMean } from '../../../api/nearest.ts';
import { REASONS } from '../../../api/reason.ts';
import { type Output, outputOption, rendered } from '../output/output.ts';
import { table } from '../output/table.ts';

const HELP = `
Every outcome that a status, an event or a metric can name. The state says what it is for the workload: injected; pending (it will
be); blocked (somebody must decide something, and nothing was changed); off; note (said beside another outcome).

Examples:
  npx duotel reasons
  npx duotel reasons AmbiguousContainer
  npx duotel reasons -o json | jq 'keys'`;

/** `duotel reasons`: what each reason means and what to do. */
export function reasonsCommand(program: Command): void {
  program
    .command('reasons')
    .description('list every reason that a status can give, what it means and what to do')
    .argument('[reason]', 'only this one')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action((name: string | undefined, { output }: { readonly output: Output }) => {
      const known = Object.keys(REASONS);
      if (name !== undefined && !known.includes(name)) {
        throw new Error(`reasons: there is no reason ${JSON.stringify(name)}.${didYouMean(name, known)} duotel reasons lists all`);
      }
      const entries = Object.entries(REASONS).filter(([reason]) => name === undefined || reason === name);
      process.stdout.write(rendered(output, Object.fromEntries(entries), () => reasonsTable(entries)));
    });
}

function reasonsTable(
  entries: readonly (readonly [string, { readonly state: string; readonly means: string; readonly todo: string }])[],
): string {
  const columns = [{ title: 'reason' }, { title: 'state' }, { title: 'means' }, { title: 'what to do' }];
  return table(
    columns,
    entries.map(([reason, { state, means, todo }]) => [reason, state, means, todo]),
  );
}
