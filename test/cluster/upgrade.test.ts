import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { unpackDist } from '../../tools/releases/archive.ts';
import { type OperatorProcess, readManifests, startOperatorProcess } from '../../tools/scale/operator-process.ts';
import { auditMark } from '../support/cluster/audit-log.ts';
import { must, synthesize } from '../support/cluster/installation.ts';
import { settled, writesSince } from '../support/cluster/operator-writes.ts';
import { eventually } from '../support/time/eventually.ts';

/** Former ones, of which there is a fixture. */
const RELEASES = ['0.1.0', '0.2.0'];
const APPS = ['deployment/both', 'deployment/rich', 'statefulset/costs'] as const;
/** Kinds whose objects are looked at; Pods, Events and EndpointSlices come and go by themselves. */
const KINDS = 'deployments,statefulsets,services,serviceaccounts,configmaps,secrets,networkpolicies,roles,rolebindings';

interface Workload extends KubeObject {
  readonly spec: { readonly template: object };
}

let cluster: ControlPlane;
let operator: OperatorProcess | undefined;
const folder = mkdtempSync(join(tmpdir(), 'duotel-upgrade-'));
const next = synthesize();

/** `Kind/name` -> object, of a namespace. */
async function objects(namespace: string): Promise<ReadonlyMap<string, KubeObject>> {
  const { items } = JSON.parse(await must(cluster, ['get', KINDS, '-n', namespace, '-o', 'json'])) as { items: KubeObject[] };
  return new Map(items.map((one) => [`${one.kind}/${one.metadata.name}`, one]));
}

async function replicaSets(): Promise<readonly string[]> {
  return (await must(cluster, ['get', 'replicasets,controllerrevisions', '-n', 'demo', '-o', 'name'])).trim().split('\n').sort();
}

/** Stops the operator that runs, installs the manifests as people do, and runs the program that they hold. */
async function install(dist: string, name: string): Promise<void> {
  await operator?.stop();
  await must(cluster, ['apply', '-f', dist]);
  operator = await startOperatorProcess({ cluster, dist, folder: join(folder, name) });
  await settled(cluster, 3000);
}

/** The state that an upgrade may not disturb. */
async function snapshot(): Promise<{
  readonly stack: ReadonlyMap<string, KubeObject>;
  readonly apps: ReadonlyMap<string, KubeObject>;
  readonly revisions: readonly string[];
}> {
  return { stack: await objects('duotel'), apps: await objects('demo'), revisions: await replicaSets() };
}

const template = (one: KubeObject | undefined): object | undefined => (one as Workload | undefined)?.spec.template;
const statefulSets = (all: Iterable<KubeObject>): ReadonlyMap<string, KubeObject> =>
  new Map(
    [...all]
      .filter(({ kind, metadata }) => kind === 'StatefulSet' && metadata.namespace === 'duotel')
      .map((one) => [`StatefulSet/${one.metadata.name}`, one]),
  );

/** Objects that are there before and after under the same name, but are not the same object. */
function recreated(before: ReadonlyMap<string, KubeObject>, after: ReadonlyMap<string, KubeObject>): readonly string[] {
  return [...before].filter(([key, one]) => after.has(key) && after.get(key)?.metadata.uid !== one.metadata.uid).map(([key]) => key);
}

/** StatefulSets of the stack that got a new generation although the two releases want the same of them. */
function needlessRollouts(
  before: ReadonlyMap<string, KubeObject>,
  after: ReadonlyMap<string, KubeObject>,
  from: string,
  to: string,
): readonly string[] {
  const [wantedBefore, wantedAfter] = [statefulSets(readManifests(from)), statefulSets(readManifests(to))];
  return [...wantedAfter.keys()].filter((key) => {
    const same = isDeepStrictEqual(template(wantedBefore.get(key)), template(wantedAfter.get(key)));
    return same && !isDeepStrictEqual(template(before.get(key)), template(after.get(key)));
  });
}

const app = (kind: string, name: string): string => `apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}, namespace: demo}
spec:
  replicas: 0
  ${kind === 'StatefulSet' ? `serviceName: ${name}` : ''}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: app, image: "app:1", env: [{name: KEEP, value: me}]}]}
`;

type Snapshot = Awaited<ReturnType<typeof snapshot>>;
const injectedApps = ({ apps }: Snapshot): readonly string[] =>
  [...apps]
    .filter(([, one]) => one.metadata.annotations?.['duotel.io/status']?.startsWith('Injected'))
    .map(([key]) => key)
    .sort();
const ALL_INJECTED = ['Deployment/both', 'Deployment/rich', 'StatefulSet/costs'];

afterAll(() => {
  next.remove();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(RELEASES)('an installation of %s with injected workloads', (release) => {
  const former = join(folder, release);
  let installed: Snapshot;
  let upgraded: Snapshot;
  let returned: Snapshot;

  beforeAll(async () => {
    unpackDist(`test/fixtures/releases/${release}/dist.json.br`, former);
    cluster = await startControlPlane({ audit: true });
    await install(former, `${release}-installed`);
    await must(cluster, ['create', 'namespace', 'demo']);
    for (const name of APPS) {
      const [kind = '', own = ''] = name.split('/');
      await must(cluster, ['apply', '-f', '-'], app(kind === 'statefulset' ? 'StatefulSet' : 'Deployment', own));
    }
    await must(cluster, ['annotate', 'deployment/both', '-n', 'demo', 'duotel.io/backend=both', 'duotel.io/bootstrap=python']);
    await must(cluster, ['annotate', 'deployment/rich', '-n', 'demo', 'duotel.io/backend=openinference']);
    await must(cluster, ['annotate', 'statefulset/costs', '-n', 'demo', 'duotel.io/backend=openlit']);
    await eventually('all to be injected', async () => injectedApps(await snapshot()).length === ALL_INJECTED.length);
    await settled(cluster, 3000);
    installed = await snapshot();
  }, 900_000);

  afterAll(async () => {
    await operator?.stop();
    operator = undefined;
    await cluster?.stop();
  });

  it('is what the upgrade starts from', () => {
    expect(injectedApps(installed)).toEqual(ALL_INJECTED);
    expect([...statefulSets(installed.stack.values()).keys()].sort()).toEqual(
      ['collector', 'grafana', 'jaeger', 'prometheus'].map((name) => `StatefulSet/duotel-${name}`),
    );
  });

  describe('upgraded to this release', () => {
    beforeAll(async () => {
      await install(next.dist, `${release}-upgraded`);
      upgraded = await snapshot();
    });

    it('has nothing recreated', () => {
      expect(recreated(installed.stack, upgraded.stack)).toEqual([]);
      expect(recreated(installed.apps, upgraded.apps)).toEqual([]);
    });

    it('has no component rolled whose template both releases want the same', () => {
      expect(needlessRollouts(installed.stack, upgraded.stack, former, next.dist)).toEqual([]);
    });

    it('keeps every workload injected, and rolls none', () => {
      expect(injectedApps(upgraded)).toEqual(ALL_INJECTED);
      for (const key of ALL_INJECTED) {
        const [before, after] = [installed.apps.get(key), upgraded.apps.get(key)];
        expect([key, template(after)]).toEqual([key, template(before)]);
        expect([key, (after?.metadata.generation ?? 0) - (before?.metadata.generation ?? 0)]).toEqual([key, 0]);
      }
      expect(upgraded.revisions).toEqual(installed.revisions);
    });

    it('leaves the user what was theirs', () => {
      for (const key of ALL_INJECTED) expect(JSON.stringify(template(upgraded.apps.get(key)))).toContain('{"name":"KEEP","value":"me"}');
    });

    it('has every program that a ReplicaSet of the operator may start', async () => {
      const label = 'app.kubernetes.io/name=operator';
      const { items } = JSON.parse(await must(cluster, ['get', 'replicasets', '-n', 'duotel', '-l', label, '-o', 'json'])) as {
        items: readonly Workload[];
      };
      const named = items.map(({ spec }) =>
        [...JSON.stringify(spec.template).matchAll(/"configMap":\{"name":"([^"]+)"/g)].map(([, name]) => name),
      );
      // Of both releases.
      expect(named.filter((names) => names.length > 0).length).toBeGreaterThanOrEqual(2);
      const missing = named.flat().filter((name) => !upgraded.stack.has(`ConfigMap/${name}`));
      expect(missing).toEqual([]);
    });

    it('is over when it is over: nothing more is written', async () => {
      const mark = auditMark(cluster.auditLog);
      await sleep(10_000);
      expect(writesSince(cluster, mark)).toEqual([]);
    });
  });

  describe('taken back', () => {
    beforeAll(async () => {
      await install(former, `${release}-returned`);
      returned = await snapshot();
    });

    it('has nothing recreated', () => {
      expect(recreated(upgraded.stack, returned.stack)).toEqual([]);
      expect(recreated(upgraded.apps, returned.apps)).toEqual([]);
    });

    it('has no component rolled whose template both releases want the same', () => {
      expect(needlessRollouts(upgraded.stack, returned.stack, next.dist, former)).toEqual([]);
    });

    it('ends at the templates, and so at the ReplicaSets, of before the upgrade', () => {
      for (const key of ALL_INJECTED) expect(template(returned.apps.get(key))).toEqual(template(installed.apps.get(key)));
      for (const key of statefulSets(installed.stack.values()).keys())
        expect([key, template(returned.stack.get(key))]).toEqual([key, template(installed.stack.get(key))]);
      expect(installed.revisions.filter((name) => !returned.revisions.includes(name))).toEqual([]);
    });
  });
});
