import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import type { InventoryEntry } from '../api/inventory-entry.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { ApplyMemory } from '../src/apply/memory.ts';
import type { ClusterCache } from '../src/controller/cluster-cache.ts';
import type { KubeApi } from '../src/kube/kube-api.ts';
import { createKubeApi } from '../src/kube/rest/rest-kube-api.ts';
import { type ControlPlane, startControlPlane } from '../tools/cluster/control-plane.ts';
import { say } from '../tools/lib/progress.ts';
import { ToolError } from '../tools/lib/tool-error.ts';
import { AuditReader } from '../tools/scale/audit-reader.ts';
import { type Figure, figure, ratio } from './figure.ts';
import { changedSet, objectSet } from './object-set.ts';
import { ourPass } from './our-applier.ts';
import { cacheOf } from './our-cache.ts';
import { peers } from './peers.ts';
import { type Cost, timedCommand, timedHere } from './timed.ts';

export interface ApplyOptions {
  readonly folder: string;
  /** Runs of the single set, each in namespaces of its own; the figures are medians. */
  readonly runs: number;
  /** Sets of the large run; 0 leaves it out. */
  readonly sets: number;
}

/** What is timed, in this order. */
const STEPS = ['install', 'forced-noop', 'one-field'] as const;
type Step = (typeof STEPS)[number];

const WHAT: Readonly<Record<Step, string>> = {
  install: 'install',
  'forced-noop': 'no-op, everything read again',
  'one-field': 'one field of one object changed',
};

/** Someone who applies: ours, in one of its two forms, or a peer. */
interface Contestant {
  readonly id: string;
  readonly userAgent: string;
  step(step: Step, namespace: string, objects: readonly KubeObject[]): Promise<Cost>;
}

interface Bench {
  readonly cluster: ControlPlane;
  readonly api: KubeApi;
  readonly cache: ClusterCache;
  readonly audit: AuditReader;
  readonly folder: string;
}

/** The applier against kubectl and Helm 4, on the same objects and the same control plane, turn by turn. */
export async function benchApply(options: ApplyOptions): Promise<readonly Figure[]> {
  const cluster = await startControlPlane({ audit: true });
  const stop = new AbortController();
  const api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  try {
    const cache = await cacheOf(api, objectSet('any'), stop.signal);
    const bench: Bench = { cluster, api, cache, audit: new AuditReader(cluster.auditLog), folder: options.folder };
    const figures = [...(await oneSet(bench, options.runs)), ...(options.sets > 0 ? await manySets(bench, options.sets) : [])];
    return figures;
  } finally {
    stop.abort();
    await api.close();
    await cluster.stop();
  }
}

async function oneSet(bench: Bench, runs: number): Promise<readonly Figure[]> {
  const contestants: readonly Contestant[] = [
    await warm(bench),
    await cold(bench),
    ...(await peers(bench.cluster.kubeconfig, bench.folder)).map(
      (peer): Contestant => ({
        id: peer.id,
        userAgent: peer.userAgent,
        step: (step, namespace, objects) => peer.apply(namespace, objects, step === 'install'),
      }),
    ),
  ];
  const costs = new Map<string, { readonly cost: Cost; readonly requests: number }[]>();
  const steady: { readonly cost: Cost; readonly requests: number }[] = [];
  // The first round fills what peers cache of discovery, and is not counted.
  for (let run = 0; run <= runs; run++) {
    for (const { id, userAgent, step } of contestants) {
      const namespace = `${id}-${run}`;
      await makeNamespaces(bench.cluster, [namespace]);
      const objects = objectSet(namespace);
      for (const name of STEPS) {
        const wanted = name === 'one-field' ? changedSet(objects, run) : objects;
        const measured = await counted(bench, userAgent, () => step(name, namespace, wanted));
        if (run > 0) costs.set(`${name}/${id}`, [...(costs.get(`${name}/${id}`) ?? []), measured]);
      }
      if (id === 'ours-warm' && run > 0) {
        await sleep(500);
        // What the watch brought is compared with what is wanted, by the process that made it: no request.
        steady.push(await counted(bench, userAgent, () => step('one-field', namespace, changedSet(objects, run))));
      }
      await bench.cluster.kubectl(['delete', 'namespace', namespace, '--wait=false']);
    }
    say(`apply: run ${run} of ${runs}`);
  }
  const figures = contestants.flatMap(({ id }) =>
    STEPS.flatMap((step) => costFigures(`apply/${step}/${id}`, `${WHAT[step]}: ${id}`, costs.get(`${step}/${id}`) ?? [])),
  );
  return [
    ...figures,
    ...costFigures('apply/steady-noop/ours-warm', 'no-op from the watch: ours-warm', steady),
    ...ratios(figures, contestants),
  ];
}

function costFigures(id: string, what: string, all: readonly { readonly cost: Cost; readonly requests: number }[]): readonly Figure[] {
  return [
    figure(
      `${id}/time`,
      what,
      's',
      all.map(({ cost }) => cost.seconds),
    ),
    figure(
      `${id}/user-cpu`,
      `${what}, user CPU`,
      's',
      all.map(({ cost }) => cost.userSeconds),
    ),
    figure(
      `${id}/requests`,
      `${what}, requests`,
      'requests',
      all.map(({ requests }) => requests),
    ),
  ];
}

function ratios(figures: readonly Figure[], contestants: readonly Contestant[]): readonly Figure[] {
  const of = (step: Step, id: string): readonly Figure[] => figures.filter((one) => one.id === `apply/${step}/${id}/time`);
  const others = contestants.map(({ id }) => id).filter((id) => !id.startsWith('ours'));
  return STEPS.flatMap((step) =>
    ['ours-warm', 'ours-cold'].flatMap((id) =>
      of(step, id).map((ours) =>
        ratio(
          `apply/${step}/${id}/ratio`,
          `${WHAT[step]}: ${id} / best peer, time`,
          ours,
          others.flatMap((other) => of(step, other)),
        ),
      ),
    ),
  );
}

/** Runs `work` and counts the requests of a user agent in the audit log meanwhile; watches are no work of a pass. */
async function counted(
  bench: Bench,
  userAgent: string,
  work: () => Promise<Cost>,
): Promise<{ readonly cost: Cost; readonly requests: number }> {
  // The log has what was answered before: a request is logged before its answer is sent.
  bench.audit.next();
  const cost = await work();
  const requests = bench.audit
    .next()
    .filter((request) => request.userAgent.startsWith(userAgent) && request.verb !== 'watch' && request.user === 'admin');
  return { cost, requests: requests.length };
}

/** As in the operator: connections are open, kinds are known, the cluster is watched. */
async function warm({ api, cache }: Bench): Promise<Contestant> {
  const inventories = new Map<string, readonly InventoryEntry[]>();
  const memory = new ApplyMemory(() => performance.now());
  return {
    id: 'ours-warm',
    userAgent: 'duotel',
    step: (step, namespace, objects) =>
      timedHere(async () => {
        const inventory = inventories.get(namespace) ?? [];
        const live = step === 'forced-noop' ? {} : { live: (entry: InventoryEntry) => cache.live(entry) };
        inventories.set(namespace, await ourPass({ api, namespace, objects, inventory, memory, ...live }));
      }),
  };
}

/** As a command line would: a process that starts, connects, reads, writes and ends. One bundled file, as people get it. */
async function cold({ cluster, folder }: Bench): Promise<Contestant> {
  const program = join(folder, 'apply-process.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'apply-process.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    logLevel: 'error',
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    plugins: [
      {
        name: 'client-node without its generated models',
        setup: ({ onLoad }) =>
          onLoad({ filter: /client-node\/dist\/gen\/index\.js$/ }, () => ({
            contents: 'export const createConfiguration = undefined; export class ServerConfiguration {}',
          })),
      },
    ],
  });
  return {
    id: 'ours-cold',
    userAgent: 'duotel',
    step: (_step, namespace, objects) => {
      const file = join(folder, `${namespace}.json`);
      writeFileSync(file, JSON.stringify(objects));
      return timedCommand(
        process.execPath,
        [program, cluster.kubeconfig, namespace, file, join(folder, `${namespace}-inventory.json`)],
        {},
      );
    },
  };
}

/** Thousands of objects: ours, set by set, against one kubectl for all of them. */
async function manySets(bench: Bench, sets: number): Promise<readonly Figure[]> {
  const name = (who: string, index: number): string => `many-${who}-${index}`;
  const indexes = Array.from({ length: sets }, (_, index) => index);
  await makeNamespaces(
    bench.cluster,
    indexes.flatMap((index) => [name('ours', index), name('kubectl', index)]),
  );
  const kubectl = (await peers(bench.cluster.kubeconfig, bench.folder)).find(({ id }) => id === 'kubectl-server');
  if (kubectl === undefined) throw new Error('kubectl is not among the peers');
  const ours = await warm(bench);
  const objects = indexes.flatMap((index) => objectSet(name('kubectl', index)));
  const figures: Figure[] = [];
  for (const step of ['install', 'forced-noop'] as const) {
    const our = await counted(bench, 'duotel', () =>
      timedHere(() => eachSet(indexes, (index) => ours.step(step, name('ours', index), objectSet(name('ours', index))))),
    );
    const theirs = await counted(bench, 'kubectl', () => kubectl.apply('many', objects, step === 'install'));
    say(`apply: ${objects.length} objects, ${step}: ours ${our.cost.seconds.toFixed(1)} s, kubectl ${theirs.cost.seconds.toFixed(1)} s`);
    const what = `${WHAT[step]} of ${objects.length} objects in ${sets} sets`;
    const found = [
      ...costFigures(`apply-many/${step}/ours-warm`, `${what}: ours-warm`, [our]),
      ...costFigures(`apply-many/${step}/kubectl-server`, `${what}: kubectl-server`, [theirs]),
    ];
    const time = (who: string): readonly Figure[] => found.filter(({ id }) => id === `apply-many/${step}/${who}/time`);
    figures.push(
      ...found,
      ...time('ours-warm').map((one) =>
        ratio(`apply-many/${step}/ours-warm/ratio`, `${what}: ours / kubectl, time`, one, time('kubectl-server')),
      ),
    );
  }
  await sleep(1000);
  const watched = await counted(bench, 'duotel', () =>
    timedHere(() => eachSet(indexes, (index) => ours.step('one-field', name('ours', index), objectSet(name('ours', index))))),
  );
  figures.push(
    ...costFigures('apply-many/steady-noop/ours-warm', `no-op from the watch of ${objects.length} objects: ours-warm`, [watched]),
  );
  return figures;
}

/** Four sets at a time. */
async function eachSet(indexes: readonly number[], work: (index: number) => Promise<unknown>): Promise<void> {
  const rest = indexes.values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const index of rest) await work(index);
    }),
  );
}

async function makeNamespaces(cluster: ControlPlane, names: readonly string[]): Promise<void> {
  const items = names.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }));
  const { code, stderr } = await cluster.kubectl(['create', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }), 120_000);
  if (code !== 0) throw new ToolError(`the namespaces could not be made: ${stderr}`);
}
