import { Command } from 'commander';
import { explainCommand } from './explain.ts';
import { injectCommand } from './inject.ts';
import { operatorCommand } from './operator.ts';
import { planCommand } from './plan.ts';
import { reasonsCommand } from './reasons.ts';
import { revertCommand } from './revert.ts';
import { statusCommand } from './status.ts';
import { uninstallCommand } from './uninstall.ts';
import { verifyCommand } from './verify.ts';

/** The command line, with every command. */
export function createProgram(): Command {
  const program = new Command('duotel')
    .description('LLM observability for Kubernetes: one annotation, two OTLP producers, one stack.')
    .showHelpAfterError('(add --help for what is possible)')
    // Commander shows the help of the program in place of that of a command that it does not find.
    .addHelpText('before', ({ error, command: { args } }) => (error && args[0] === 'help' ? `error: unknown command '${args[1]}'\n` : ''));
  statusCommand(program);
  verifyCommand(program);
  explainCommand(program);
  planCommand(program);
  injectCommand(program);
  revertCommand(program);
  reasonsCommand(program);
  uninstallCommand(program);
  operatorCommand(program);
  return program;
}
