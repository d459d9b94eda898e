import { parseArgs } from 'node:util';
import type { OperatorOptionValues } from './operator-arguments.ts';

/**
 * The options of `duotel operator`, read without the library of the command line. The word `operator` may stand before them: images and
 * manifests of older releases, in which both were one program, have it.
 * @throws Error that names an unknown option, or one without a value.
 */
export function operatorOptionValues(args: readonly string[]): OperatorOptionValues {
  const { values } = parseArgs({
    args: args[0] === 'operator' ? args.slice(1) : [...args],
    allowNegative: true,
    options: {
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      namespace: { type: 'string' },
      scope: { type: 'string' },
      listen: { type: 'string' },
      'leader-elect': { type: 'boolean' },
      debug: { type: 'boolean' },
    },
  });
  const { 'leader-elect': leaderElect, ...others } = values;
  return { ...others, leaderElect };
}
