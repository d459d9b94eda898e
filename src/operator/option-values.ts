import { parseArgs } from 'node:util';
import type { OperatorOptionValues } from './operator-arguments.ts';

/**
 * The options of `duotel operator`, read without that command line's library. The word `operator` may stand before them: images and
 * manifests of releases in which both were one program go with it.
 * @throws Error that names an option that is unknown or has no value.
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
