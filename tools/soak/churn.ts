import { ANNOTATION, type Backend } from '../../api/annotations.ts';
import type { SeededRandom } from './random.ts';

/** What the soak has made of one Deployment, and so what must be true of it. */
export interface SoakWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  /** Value of the user's own variable KEEP. */
  readonly keep: string;
  /** `duotel.io/backend`; undefined: not annotated. */
  readonly backend: Exclude<Backend, 'none'> | undefined;
  /** Name of its TelemetryStack. */
  readonly stack: string;
}

/** One step of the churn, as data. */
export type Change =
  | {
      readonly type: 'annotate' | 'change-mode' | 'remove' | 'move-stack' | 'edit-env' | 'scale' | 'recreate';
      readonly workload: SoakWorkload;
    }
  /** One of our variables is taken out by hand: the operator has to put it back. */
  | { readonly type: 'break-workload'; readonly workload: SoakWorkload }
  | { readonly type: 'edit-stack'; readonly stack: string; readonly spec: object }
  /** One object of the stack is deleted by hand. */
  | { readonly type: 'break-stack'; readonly stack: string; readonly kind: 'ConfigMap' | 'Service' | 'NetworkPolicy' };

const MODES = ['openinference', 'openlit', 'both'] as const;
const NAMESPACES = 10;

export function soakWorkloads(count: number, stacks: readonly string[]): readonly SoakWorkload[] {
  return Array.from({ length: count }, (_, index) => ({
    namespace: `soak-${index % NAMESPACES}`,
    name: `app-${index}`,
    replicas: 1,
    keep: 'v0',
    backend: undefined,
    stack: stacks[index % stacks.length] ?? '',
  }));
}

/** The next step, chosen by `random`: about one in thirty touches a stack. */
export function nextChange(random: SeededRandom, workloads: readonly SoakWorkload[], stacks: readonly string[], step: number): Change {
  if (random.next() < 1 / 30) return stackChange(random, stacks);
  const workload = random.pick(workloads);
  const roll = random.next();
  if (roll < 0.1) return { type: 'scale', workload: { ...workload, replicas: Math.floor(random.next() * 3) } };
  if (roll < 0.25) return { type: 'edit-env', workload: { ...workload, keep: `v${step}` } };
  if (roll < 0.32) return { type: 'recreate', workload };
  if (workload.backend === undefined) return { type: 'annotate', workload: { ...workload, backend: random.pick(MODES) } };
  if (roll < 0.42) return { type: 'break-workload', workload };
  if (roll < 0.5) return { type: 'move-stack', workload: { ...workload, stack: random.pick(stacks) } };
  if (roll < 0.75) return { type: 'change-mode', workload: { ...workload, backend: random.pick(MODES) } };
  return { type: 'remove', workload: { ...workload, backend: undefined } };
}

function stackChange(random: SeededRandom, stacks: readonly string[]): Change {
  const stack = random.pick(stacks);
  const roll = random.next();
  if (roll < 0.3) return { type: 'break-stack', stack, kind: random.pick(['ConfigMap', 'Service', 'NetworkPolicy'] as const) };
  if (roll < 0.5) return { type: 'edit-stack', stack, spec: { grafana: { mode: random.next() < 0.7 ? 'managed' : 'none' } } };
  if (roll < 0.7) return { type: 'edit-stack', stack, spec: { collector: { spanMetrics: { enabled: random.next() < 0.5 } } } };
  const memory = `${random.pick([1, 2, 3])}Gi`;
  return { type: 'edit-stack', stack, spec: { collector: { resources: { limits: { memory } } } } };
}

/** The Deployment as its user writes it; its pods land on the fake node. */
export function deploymentOf({ namespace, name, replicas, keep, backend, stack }: SoakWorkload, node: string) {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace,
      ...(backend !== undefined && { annotations: { [ANNOTATION.backend]: backend, [ANNOTATION.stack]: stack } }),
    },
    spec: {
      replicas,
      // Two are enough to see that a revert comes back to the same one; 200 histories of ten would fill etcd.
      revisionHistoryLimit: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          nodeName: node,
          terminationGracePeriodSeconds: 0,
          containers: [{ name: 'app', image: 'app:1', env: [{ name: 'KEEP', value: keep }] }],
        },
      },
    },
  };
}
