import { Command, InvalidArgumentError } from 'commander';

export interface StressOptions {
  /** Regular expressions on paths of suites; none: the whole tier. */
  readonly patterns: readonly string[];
  readonly tier: string | undefined;
  readonly times: number;
  /** Busy loops that run meanwhile. */
  readonly loops: number;
}

interface Flags {
  readonly tier?: string;
  readonly times: number;
  readonly loops?: number;
  readonly load: boolean;
}

const HELP = `
A test that passes on an idle machine can fail on a busy one: it waits for a part and asserts the whole, has a limit of time that is too
near, or expects one of several right answers. This makes the machine busy, and says which tests fail how often.
The exit code is 1 when any test failed. The output of a run that failed is kept in .duotel/stress.

Examples:
  npm run test:stress -- test/unit/kube/transport
  npm run test:stress -- test/golden/stack/otlp-security --times 20
  npm run test:stress -- --tier unit --times 3          # the whole tier
  npm run test:stress -- test/cluster/lease --no-load   # fails without load, too?`;

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1 on.');
  return value;
}

/**
 * Reads the command line (without node and script); `cores` of this machine. Commander prints and ends the process for --help and for what
 * is not valid.
 */
export function parseOptions(args: readonly string[], cores: number, exitOverride = false): StressOptions {
  const program = new Command('npm run test:stress --')
    .description('Runs suites several times beside a busy loop on each core, and prints how often each test failed.')
    .argument('[pattern...]', 'parts of paths of suites, all of one tier; regular expressions')
    .option('--tier <name>', 'the tier, as unit or golden (default: told by the folder of the suites)')
    .option('--times <number>', 'how often they run', count, 5)
    .option('--loops <number>', 'busy loops (default: one on each core)', count)
    .option('--no-load', 'without busy loops')
    .addHelpText('after', HELP)
    .showHelpAfterError('(add --help for what is possible)');
  if (exitOverride) program.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  const { tier, times, loops = cores, load } = program.parse(args, { from: 'user' }).opts<Flags>();
  return { patterns: program.args, tier, times, loops: load ? loops : 0 };
}
