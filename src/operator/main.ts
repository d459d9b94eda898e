/** The program that the operator's pod runs. */
import { operatorArguments } from './operator-arguments.ts';
import { operatorOptionValues } from './option-values.ts';
import { startOperator } from './start-operator.ts';

try {
  await startOperator(operatorArguments(operatorOptionValues(process.argv.slice(2)), process.env));
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
