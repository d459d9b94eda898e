import { allowClosedPipe } from './output/closed-pipe.ts';
import { createProgram } from './program.ts';

allowClosedPipe();
try {
  await createProgram().parseAsync();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
