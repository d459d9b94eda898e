import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../../../api/kube-object.ts';
import { binary } from '../../../tools/build/binary.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { run } from '../../../tools/lib/run.ts';

/** Where a delivery works: everything of one scenario is in one namespace. */
export interface Target {
  readonly cluster: ControlPlane;
  readonly namespace: string;
}

/** A way in which manifests come into a cluster, done by the real program or by the tool's own library. Throws when the tool fails. */
export interface Delivery {
  readonly id: string;
  readonly title: string;
  /** `merges`: leaves what its manifest does not name. `replaces`: takes it away. */
  readonly how: 'merges' | 'replaces';
  /** Whether an annotation set with `kubectl annotate` outlives the next delivery. */
  readonly keepsKubectlAnnotations: boolean;
  /** For the documentation: command or code, and what to know. */
  readonly by: string;
  readonly note: string;
  /** Installs the objects the first time, upgrades them after. @returns what the tool said. */
  apply(target: Target, objects: readonly KubeObject[]): Promise<string>;
  /** Brings back the objects of the delivery before the last. */
  back(target: Target, objects: readonly KubeObject[]): Promise<string>;
  remove(target: Target, objects: readonly KubeObject[]): Promise<string>;
  /** What the tool finds between the objects and the cluster, by name: `in sync`, or a difference. */
  readonly verdicts?: Readonly<
    Record<string, (target: Target, objects: readonly KubeObject[]) => Promise<Readonly<Record<string, string>>>>
  >;
}

const asList = (items: readonly KubeObject[]): string => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

async function call(command: string, args: readonly string[], { cluster }: Target, input = '', env = {}): Promise<string> {
  const { stdout, stderr, code } = await run(command, args, { env: { KUBECONFIG: cluster.kubeconfig, ...env }, input, timeoutMs: 300_000 });
  if (code !== 0) throw new Error(`${args.slice(0, 3).join(' ')}: ${stderr}`);
  return stdout;
}

const kubectl = async (target: Target, args: readonly string[], objects: readonly KubeObject[]): Promise<string> => {
  const { stdout, stderr, code } = await target.cluster.kubectl([...args, '-f', '-'], asList(objects));
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
};

function byKubectl(args: readonly string[], parts: Pick<Delivery, 'id' | 'title' | 'by' | 'note'>): Delivery {
  const apply = (target: Target, objects: readonly KubeObject[]): Promise<string> => kubectl(target, args, objects);
  return {
    ...parts,
    how: 'merges',
    keepsKubectlAnnotations: true,
    apply,
    back: apply,
    remove: (target, objects) => kubectl(target, ['delete', '--wait=false'], objects),
  };
}

/** A status that a controller has written since kubectl read the object is a conflict: whoever replaces tries again, those objects alone. */
async function replace(target: Target, objects: readonly KubeObject[]): Promise<string> {
  try {
    return await kubectl(target, ['replace'], objects);
  } catch (error) {
    const text = String(error);
    const conflicts = [...text.matchAll(/Error from server \(Conflict\): .*? on \S+ "([^"]+)": the object has been modified/g)].map(
      ([, name]) => name,
    );
    if (conflicts.length === 0 || conflicts.length !== text.split('Error from server').length - 1) throw error;
    return replace(
      target,
      objects.filter(({ metadata }) => conflicts.includes(metadata.name)),
    );
  }
}

function byHelm(name: 'helm3' | 'helm4', parts: Pick<Delivery, 'id' | 'title' | 'note'>): Delivery {
  const helm = async (target: Target, args: readonly string[], objects: readonly KubeObject[] = []): Promise<string> => {
    const home = mkdtempSync(join(tmpdir(), 'duotel-helm-'));
    const values = join(home, 'values.json');
    writeFileSync(values, JSON.stringify({ objects }));
    const env = { HELM_CACHE_HOME: home, HELM_CONFIG_HOME: home, HELM_DATA_HOME: home };
    try {
      const chart = args[0] === 'upgrade' ? ['test/fixtures/chart', '--values', values] : [];
      return await call(await binary(name), [...args, ...chart, '--namespace', target.namespace], target, '', env);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  };
  return {
    ...parts,
    how: 'merges',
    keepsKubectlAnnotations: true,
    by: '`helm install`, `upgrade`, `rollback`, `uninstall`',
    apply: (target, objects) => helm(target, ['upgrade', '--install', 'apps'], objects),
    back: (target) => helm(target, ['rollback', 'apps']),
    remove: (target) => helm(target, ['uninstall', 'apps']),
  };
}

interface Answer {
  readonly name: string;
  readonly result: string;
  readonly detail?: string;
}

async function oracle(target: Target, args: readonly string[], objects: readonly KubeObject[]): Promise<Readonly<Record<string, string>>> {
  const said = await call(await binary('oracles'), args, target, asList(objects));
  const answers = JSON.parse(said) as readonly Answer[];
  return Object.fromEntries(answers.map(({ name, result, detail }) => [name, result === 'out of sync' ? `${result}: ${detail}` : result]));
}

function byOracle(
  args: readonly string[],
  parts: Pick<Delivery, 'id' | 'title' | 'by' | 'note' | 'keepsKubectlAnnotations' | 'verdicts'>,
): Delivery {
  const apply = async (target: Target, objects: readonly KubeObject[]): Promise<string> =>
    JSON.stringify(await oracle(target, args, objects));
  return {
    ...parts,
    how: 'merges',
    apply,
    back: apply,
    remove: (target, objects) => kubectl(target, ['delete', '--wait=false'], objects),
  };
}

const ARGO_VERDICTS: NonNullable<Delivery['verdicts']> = {
  'Argo CD, default diff': (target, objects) => oracle(target, ['argo-diff'], objects),
  'Argo CD, ServerSideDiff=true': (target, objects) => oracle(target, ['argo-diff', '--server-side'], objects),
};

export const DELIVERIES: readonly Delivery[] = [
  byKubectl(['apply'], {
    id: 'apply',
    title: 'kubectl apply',
    by: '`kubectl apply -f`',
    note: 'Leaves fields alone that its manifest does not name.',
  }),
  byKubectl(['apply', '--server-side', '--field-manager=team'], {
    id: 'ssa',
    title: 'kubectl apply --server-side',
    by: '`kubectl apply --server-side -f`, without `--force-conflicts`',
    note: 'Never a conflict: the operator owns no field.',
  }),
  {
    id: 'replace',
    title: 'kubectl replace',
    how: 'replaces',
    keepsKubectlAnnotations: false,
    by: '`kubectl create -f`, then `kubectl replace -f`',
    note: 'Sends the whole object, so each call drops what the operator set. If the manifest has the annotation, the operator sets it again: two rollouts each time. Prefer `apply`.',
    apply: async (target, objects) => {
      const there = await target.cluster.kubectl(['get', 'deployments', '-n', target.namespace, '-o', 'name']);
      return there.stdout.trim() === '' ? kubectl(target, ['create'], objects) : replace(target, objects);
    },
    back: replace,
    remove: (target, objects) => kubectl(target, ['delete', '--wait=false'], objects),
  },
  byHelm('helm3', { id: 'helm3', title: 'Helm 3', note: 'Merges the former manifest, the new one and the live object.' }),
  byHelm('helm4', { id: 'helm4', title: 'Helm 4', note: 'Server-side apply. Never a conflict: the operator owns no field.' }),
  byOracle(['flux-apply'], {
    id: 'flux',
    title: 'Flux',
    keepsKubectlAnnotations: false,
    by: 'kustomize-controller’s apply (`github.com/fluxcd/pkg/ssa`)',
    note: 'Removes from its objects what `kubectl annotate` set. Put the annotation in Git, or give `kubectl annotate` a `--field-manager` that does not begin with `kubectl`.',
    verdicts: {
      Flux: async (target, objects) => {
        const found = await oracle(target, ['flux-apply'], objects);
        return Object.fromEntries(Object.entries(found).map(([name, result]) => [name, result === 'unchanged' ? 'in sync' : result]));
      },
    },
  }),
  byOracle(['argo-sync'], {
    id: 'argo',
    title: 'Argo CD',
    keepsKubectlAnnotations: true,
    by: 'Argo CD’s sync and diff (`gitops-engine`)',
    note: 'In sync after the injection and after the revert, by its default diff and with `ServerSideDiff=true`.',
    verdicts: ARGO_VERDICTS,
  }),
  byOracle(['argo-sync', '--server-side'], {
    id: 'argo-ssa',
    title: 'Argo CD, ServerSideApply=true',
    keepsKubectlAnnotations: true,
    by: 'the same, with the sync option `ServerSideApply=true`',
    note: 'The same.',
    verdicts: ARGO_VERDICTS,
  }),
];
