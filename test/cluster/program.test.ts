import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { valueAt } from '../../api/value-at.ts';
import { unpackDist } from '../../tools/releases/archive.ts';
import { OPERATOR_USER } from '../../tools/scale/audit-reader.ts';
import { auditEvents, auditMark } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

const DEPLOYMENT = ['deployment/duotel-operator', '-n', 'duotel'];

const folder = mkdtempSync(join(tmpdir(), 'duotel-program-'));
const former = join(folder, 'former');
const cluster = useInstallation({ until: 'cluster', operator: { programMarginMs: 0 } });

interface Starting extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly volumes: readonly {
          readonly projected?: { readonly sources: readonly { readonly configMap: { readonly name: string } }[] };
        }[];
      };
    };
  };
}

const partsOf = ({ spec }: Starting): readonly string[] =>
  spec.template.spec.volumes.flatMap(({ projected }) => projected?.sources.map(({ configMap }) => configMap.name) ?? []).sort();
/** The program that the operator's pods start with. */
async function wanted(): Promise<readonly string[]> {
  const live = await getObject<Starting>(cluster, 'deployment/duotel-operator');
  return live === undefined ? [] : partsOf(live);
}

async function listed(kind: string): Promise<readonly KubeObject[]> {
  return (JSON.parse(await must(cluster, ['get', kind, '-n', 'duotel', '-o', 'json'])) as { items: KubeObject[] }).items;
}

async function present(names: readonly string[]): Promise<readonly string[]> {
  const there = (await listed('configmaps')).map(({ metadata }) => metadata.name);
  return names.filter((name) => there.includes(name));
}

/** Waits for a ReplicaSet with this program. */
function started(parts: readonly string[]): Promise<KubeObject> {
  return eventually('a ReplicaSet of the program', async () =>
    ((await listed('replicasets')) as Starting[]).find((set) => JSON.stringify(partsOf(set)) === JSON.stringify(parts)),
  );
}

/** Has the operator look: its Deployment changes, by `change`. Resolves when it has asked for ReplicaSets after that. */
async function looked(change: () => Promise<unknown>): Promise<void> {
  // A creationTimestamp has whole seconds.
  await sleep(1100);
  const mark = auditMark(cluster.auditLog);
  await change();
  const lists = () =>
    auditEvents(cluster.auditLog, mark).filter(
      ({ user, verb, resource }) => user === OPERATOR_USER && verb === 'list' && resource === 'replicasets',
    );
  await eventually('the operator to look at its ReplicaSets', async () => lists().length > 0);
  await sleep(1000);
}

beforeAll(async () => {
  unpackDist('test/fixtures/releases/0.1.0/dist.json.br', former);
  await must(cluster, ['apply', '-f', former]);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the program of a former release', () => {
  let old: readonly string[];
  let now: readonly string[];

  beforeAll(async () => {
    old = await wanted();
    await started(old);
    await must(cluster, ['apply', '-f', cluster.dist]);
    now = await wanted();
    await started(now);
    await cluster.startOperator();
  });

  it('is another one than that of this release', () => {
    expect(old.length).toBeGreaterThan(0);
    expect(now.length).toBeGreaterThan(0);
    expect(old.filter((name) => now.includes(name))).toEqual([]);
  });

  it('stays while its ReplicaSet does, so that kubectl rollout undo brings it back whole', async () => {
    await looked(() => must(cluster, ['rollout', 'restart', ...DEPLOYMENT]));
    expect(await present(old)).toEqual(old);
    await must(cluster, ['rollout', 'undo', ...DEPLOYMENT, '--to-revision=1']);
    expect(await wanted()).toEqual(old);
    await looked(() => must(cluster, ['rollout', 'undo', ...DEPLOYMENT]));
    expect(await wanted()).toEqual(now);
    expect(await present([...old, ...now])).toEqual([...old, ...now]);
  });

  it('goes when its ReplicaSet is gone; the next one, whose Deployment is on its way, stays, and so does everything else', async () => {
    const others = (await listed('configmaps')).map(({ metadata }) => metadata.name).filter((name) => !old.includes(name));
    const set = await started(old);
    await must(cluster, ['delete', 'replicaset', set.metadata.name, '-n', 'duotel']);
    await looked(async () => {
      await must(cluster, ['rollout', 'restart', ...DEPLOYMENT]);
      await eventually('the ReplicaSet of the restart', async () => {
        const live = await getObject<KubeObject>(cluster, 'deployment/duotel-operator');
        return valueAt(live, ['status', 'observedGeneration']) === live?.metadata.generation;
      });
      await sleep(1100);
      const labels = (await getObject<KubeObject>(cluster, `configmap/${now[0]}`))?.metadata.labels;
      const coming = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'duotel-operator-0123456789-0', namespace: 'duotel', labels },
      };
      await must(cluster, ['apply', '-f', '-'], JSON.stringify(coming));
    });
    await eventually('the former program to be gone', async () => (await present(old)).length === 0);
    expect(await present([...others, 'duotel-operator-0123456789-0'])).toEqual([...others, 'duotel-operator-0123456789-0']);
    expect(await present(now)).toEqual(now);
  });

  it('comes back with its release', async () => {
    await must(cluster, ['apply', '-f', former]);
    expect(await wanted()).toEqual(old);
    expect(await present(old)).toEqual(old);
  });
});
