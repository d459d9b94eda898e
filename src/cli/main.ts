import { allowClosedPipe } from './output/closed-pipe.ts';
import { createProgram } from './program.ts';

allowClosedPipe();
try {
  // Commander guesses from `node -e` (how the operator's pod starts us) that there is no script name in argv: there is.
  await createProgram().parseAsync(process.argv, { from: 'node' });
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
