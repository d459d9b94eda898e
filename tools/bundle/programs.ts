import type { Plugin } from 'esbuild';
import { credentialsOfPods } from './credentials-of-pods.ts';

/** A program that is bundled into one file. */
export interface Program {
  /** Where it begins: a path from the top of the repository. */
  readonly entry: string;
  /** What it does without, besides what none of them needs. */
  readonly without: readonly Plugin[];
}

/** By the name of the file in build/. */
export const PROGRAMS = {
  /** The command line. */
  'duotel.mjs': { entry: 'src/cli/main.ts', without: [] },
  /** What the operator's pod runs. */
  'operator.mjs': { entry: 'src/operator/main.ts', without: [credentialsOfPods] },
} as const satisfies Readonly<Record<string, Program>>;
