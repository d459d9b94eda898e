import type { Command } from 'commander';
import { didYouMean } from '../../../api/nearest.ts';
import { REASONS } from '../../../api/reason.ts';
import { type Output, outputOption, rendered } from '../output/output.ts';
import { table } from '../output/table.ts';

const HELP = `
Lists every reason that a status, an event or a metric can name. The state says what the reason means for the workload. injected: it has
telemetry. pending: it will have it. blocked: somebody must decide something, and nothing was changed. off: nothing is asked for. note: a
remark beside another reason.

Examples:
  npx duotel reasons
  npx duotel reasons AmbiguousContainer
  npx duotel reasons -o json | jq 'keys'`;

/** `duotel reasons`: what each reason means and what to do. */
export function reasonsCommand(program: Command): void {
  program
    .command('reasons')
    .description('list every reason that a status can give, with what it means and what to do')
    .argument('[reason]', 'only this one')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action((name: string | undefined, { output }: { readonly output: Output }) => {
      const known = Object.keys(REASONS);
      if (name !== undefined && !known.includes(name)) {
        throw new Error(`reasons: ${JSON.stringify(name)} is not a reason.${didYouMean(name, known)} duotel reasons lists them all`);
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
