import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { operatorCommand } from '../../../src/cli/commands/operator.ts';
import { type OperatorOptionValues, operatorArguments } from '../../../src/operator/operator-arguments.ts';
import { operatorOptionValues } from '../../../src/operator/option-values.ts';

/** `duotel operator`, with an action that does nothing but keep its options. */
function commandLine(): { readonly command: Command; options(args: readonly string[]): OperatorOptionValues } {
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  operatorCommand(program);
  const [command] = program.commands;
  if (command === undefined) throw new Error('there is no command operator');
  let seen: OperatorOptionValues = {};
  command.exitOverride().action((options: OperatorOptionValues) => {
    seen = options;
  });
  return {
    command,
    options: (args) => {
      program.parse(['operator', ...args], { from: 'user' });
      return seen;
    },
  };
}

const VALUES: Readonly<Record<string, string>> = { '--scope': 'shop,lab', '--listen': '0.0.0.0:9090' };

/** What each option makes of a start, and a start without any. */
const STARTS = [
  [],
  ...commandLine().command.options.map(({ long, required }) => [long ?? '', ...(required ? [VALUES[long ?? ''] ?? 'a'] : [])]),
];

describe("the operator's program", () => {
  it.each(STARTS.map((args) => [args]))('understands %j as `duotel operator` does', (args) => {
    expect(operatorArguments(operatorOptionValues(args), {})).toEqual(operatorArguments(commandLine().options(args), {}));
  });

  it('knows the word that former manifests have before the options', () => {
    expect(operatorOptionValues(['operator', '--listen', '0.0.0.0:8080'])).toMatchObject({ listen: '0.0.0.0:8080' });
  });

  it.each([['--scoop', 'a'], ['--listen'], ['status'], ['operator', 'status']])('refuses what is none of its options: %s %s', (...args) => {
    expect(() => operatorOptionValues(args.filter((arg) => arg !== undefined))).toThrow(/--scoop|--listen|status/);
  });
});
