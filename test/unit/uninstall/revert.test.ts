import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { FILES_LABEL } from '../../../src/inject/change/config-map.ts';
import { type RevertedObject, revertWorkloads } from '../../../src/uninstall/revert.ts';
import { revertSteps } from '../../../src/uninstall/revert-steps.ts';
import { type Asked, apiError, installed, operatedCluster, RECORD } from '../../support/fake-api/operated-cluster.ts';
import { namespaceObject, workload } from '../../support/workloads/injection.ts';

const OPERATOR = installed('Deployment', 'duotel-operator', 'duotel');
const BOTH = { 'duotel.io/backend': 'both' };
const injected = (name: string): KubeObject => workload({ name, annotations: { ...BOTH, 'duotel.io/injected': RECORD } });
const APPS = ['a', 'b', 'c'].map(injected);
const COPY: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'duotel-python-1', namespace: 'shop', labels: { [FILES_LABEL]: 'python' } },
};

/** `duotel revert -n shop` on a cluster with or without an operator; what it says of each object. */
async function revert(objects: readonly KubeObject[], rival?: (asked: Asked, live: KubeObject[]) => void) {
  const cluster = operatedCluster(objects, rival);
  const done: RevertedObject[] = [];
  let now = 0;
  const sleep = async (ms: number): Promise<void> => {
    now += ms;
  };
  const workloads = cluster.objects.filter(({ kind, metadata }) => kind === 'Deployment' && metadata.namespace === 'shop');
  const steps = revertSteps(
    { kind: 'namespace', name: 'shop' },
    workloads,
    cluster.objects.filter(({ kind }) => kind === 'Namespace'),
  );
  const error = await revertWorkloads({ api: cluster.api, clock: { now: () => now, sleep }, steps, onDone: (one) => done.push(one) }).catch(
    (thrown: unknown) => String(thrown),
  );
  const results = Object.fromEntries(done.map(({ name, result }) => [name, result]));
  const why = (name: string) => done.find((one) => one.name === name)?.message;
  return { ...cluster, done, results, why, error };
}

const drop = (live: KubeObject[], name: string): void => {
  const index = live.findIndex(({ metadata }) => metadata.name === name);
  if (index >= 0) live.splice(index, 1);
};
const REVERTED = { 'Deployment/shop/a': 'reverted', 'Deployment/shop/c': 'reverted' };

describe.each([
  ['by the operator', [OPERATOR]],
  ['by itself', []],
])('revert, %s,', (_by, operator) => {
  const objects = [namespaceObject(), ...APPS, ...operator];

  it.each(['patch', 'get'] as const)('goes on when an object is gone before its %s', async (verb) => {
    const { error, results } = await revert(objects, (asked, live) => {
      if (asked.verb === verb && asked.name === 'b') drop(live, 'b');
    });
    expect([error, results]).toEqual([undefined, { ...REVERTED, 'Deployment/shop/b': 'gone' }]);
  });

  it('goes on when an object is being deleted meanwhile', async () => {
    const { error, results } = await revert(objects, (asked, live) => {
      if (asked.verb !== 'patch' || asked.name !== 'b') return;
      const b = live.find(({ metadata }) => metadata.name === 'b');
      if (b !== undefined) Object.assign(b.metadata, { deletionTimestamp: '2026-11-28T00:00:00Z' });
    });
    expect([error, results]).toEqual([undefined, { ...REVERTED, 'Deployment/shop/b': 'gone' }]);
  });

  it('goes on when the Namespace goes, and all in it', async () => {
    const asking = [namespaceObject(BOTH), ...APPS, ...operator];
    const { error, results } = await revert(asking, (asked, live) => {
      if (asked.verb === 'patch') for (const name of ['shop', 'a', 'b', 'c']) drop(live, name);
    });
    expect(error).toBeUndefined();
    expect(results).toEqual({
      'Namespace/shop': 'gone',
      'Deployment/shop/a': 'gone',
      'Deployment/shop/b': 'gone',
      'Deployment/shop/c': 'gone',
    });
  });

  it('says why one is refused and what to do, and reverts the others', async () => {
    const { error, results, why } = await revert(objects, (asked) => {
      if (asked.verb === 'patch' && asked.name === 'b') throw apiError(403, 'Forbidden', 'admission webhook "freeze" denied the request');
    });
    expect([error, results]).toEqual([undefined, { ...REVERTED, 'Deployment/shop/b': 'failed' }]);
    expect(why('Deployment/shop/b')).toMatch(/^admission webhook "freeze" denied the change; .*run the command again$/);
  });

  it('tries none of the others when nobody is answered', async () => {
    let asked = 0;
    const { error, done } = await revert(objects, ({ verb, kind }) => {
      if (verb === 'patch') asked += 1;
      if (verb === 'patch' || kind === 'version') throw apiError(0, 'Unreachable', 'connection refused');
    });
    expect(error).toContain('connection refused');
    expect([asked, done]).toEqual([1, []]);
  });
});

describe('revert', () => {
  it('goes on when one may be written and not be looked at, and takes nothing for done', async () => {
    const forbidden = apiError(
      403,
      'Forbidden',
      'deployments.apps "b" is forbidden: User "me" cannot get resource "deployments" in API group "apps"',
    );
    const { error, results, why } = await revert([namespaceObject(), ...APPS, OPERATOR], (asked) => {
      if (asked.verb === 'get' && asked.name === 'b') throw forbidden;
    });
    expect([error, results]).toEqual([undefined, { ...REVERTED, 'Deployment/shop/b': 'failed' }]);
    expect(why('Deployment/shop/b')).toMatch(/run the command again|get that right/);
  });

  it('waits for the operator also when the API server does not say whether there is one', async () => {
    const { results, done } = await revert([namespaceObject(), ...APPS, OPERATOR], (asked) => {
      if (asked.verb === 'get' && asked.name === 'duotel-operator') throw apiError(503, 'ServiceUnavailable');
    });
    expect(results).toEqual({ ...REVERTED, 'Deployment/shop/b': 'reverted' });
    expect(done.map(({ by }) => by)).toEqual(['operator', 'operator', 'operator']);
  });

  it('opts the workloads out of a default of the Namespace that it may not take away', async () => {
    const { results, objects } = await revert([namespaceObject(BOTH), ...APPS, OPERATOR], (asked) => {
      if (asked.verb === 'patch' && asked.kind === 'Namespace')
        throw apiError(403, 'Forbidden', 'admission webhook "freeze" denied the request');
    });
    expect(results).toEqual({ 'Namespace/shop': 'failed', 'Deployment/shop/b': 'reverted', ...REVERTED });
    expect(objects.filter(({ metadata }) => metadata.annotations?.['duotel.io/backend'] === 'none')).toHaveLength(3);
  });

  it.each([
    ['one of its files can not be deleted', 'delete', 'ConfigMap/shop/duotel-python-1'],
    ['its files can not be listed', 'list', 'ConfigMap/shop/*'],
  ] as const)('says that files stay when %s, and how to be rid of them', async (_case, verb, name) => {
    const { error, results, why } = await revert([namespaceObject(), ...APPS, COPY], (asked) => {
      if (asked.verb === verb && asked.kind === 'ConfigMap')
        throw apiError(403, 'Forbidden', 'admission webhook "keep" denied the request');
    });
    expect([error, results]).toEqual([undefined, { ...REVERTED, 'Deployment/shop/b': 'reverted', [name]: 'failed' }]);
    expect(why(name)).toMatch(/"keep" denied.*kubectl -n shop delete configmap -l duotel\.io\/files/);
  });
});
