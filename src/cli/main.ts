import { Command } from 'commander';
import { operatorCommand } from './operator.ts';
import { statusCommand } from './status.ts';
import { verifyCommand } from './verify.ts';

const program = new Command('duotel')
  .description('LLM observability for Kubernetes: one annotation, two OTLP producers, one stack.')
  .showHelpAfterError('(add --help for what is possible)');
operatorCommand(program);
statusCommand(program);
verifyCommand(program);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
