import { Command } from 'commander';
import { explainCommand } from './commands/explain.ts';
import { injectCommand } from './commands/inject.ts';
import { operatorCommand } from './commands/operator.ts';
import { planCommand } from './commands/plan.ts';
import { reasonsCommand } from './commands/reasons.ts';
import { revertCommand } from './commands/revert.ts';
import { statusCommand } from './commands/status.ts';
import { uninstallCommand } from './commands/uninstall.ts';
import { verifyCommand } from './commands/verify.ts';

/** The command line, with every command. */
export function createProgram(): Command {
  const program = new Command('duotel')
    .description('LLM observability for Kubernetes: one annotation, two OTLP producers, one stack.')
    .showHelpAfterError('(add --help for what is possible)')
    // If commander does not find a command, it shows the help of the program in place of the command's.
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
