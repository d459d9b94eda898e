import { Command } from 'commander';
import { operatorCommand } from './operator.ts';
import { statusCommand } from './status.ts';
import { uninstallCommand } from './uninstall.ts';
import { verifyCommand } from './verify.ts';

const program = new Command('duotel')
  .description('LLM observability for Kubernetes: one annotation, two OTLP producers, one stack.')
  .showHelpAfterError('(add --help for what is possible)');
operatorCommand(program);
statusCommand(program);
verifyCommand(program);
uninstallCommand(program);

try {
  // Commander guesses from `node -e` (how the operator's pod starts us) that there is no script name in argv: there is.
  await program.parseAsync(process.argv, { from: 'node' });
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
