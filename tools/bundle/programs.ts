/** Programs that are bundled into one file each: its name in build/ -> where it begins, from the top of the repository. */
export const PROGRAMS = {
  /** The command line. */
  'duotel.mjs': 'src/cli/main.ts',
  /** What the operator's pod runs. */
  'operator.mjs': 'src/operator/main.ts',
} as const;
