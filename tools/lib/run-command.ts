import type { Command } from 'commander';
import { allowClosedPipe } from '../../src/cli/output/closed-pipe.ts';
import { say } from './progress.ts';
import { ToolError } from './tool-error.ts';

/** Runs a tool's command line. What the person can act on is said in its own words, anything else with its stack; the exit code is 1 then. */
export async function runCommand(command: Command): Promise<void> {
  allowClosedPipe();
  try {
    await command.parseAsync();
  } catch (error) {
    say(error instanceof ToolError ? `error: ${error.message}` : String(error instanceof Error ? error.stack : error));
    // An interrupt has set its own.
    process.exitCode ||= 1;
  }
}
