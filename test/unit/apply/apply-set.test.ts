import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { dependencies } from '../../../src/apply/dependencies.ts';
import type { Policies } from '../../../src/apply/policies.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { AppliedSet, configMap, member, messages, outcomes, workload } from '../../support/cluster/sets.ts';
import { refusal, StoringApi } from '../../support/fake-api/storing-api.ts';

const SET = 'shop';

/** A set that has made these objects, and the cluster that has them. */
async function made(...objects: readonly KubeObject[]): Promise<{ readonly cluster: StoringApi; readonly set: AppliedSet }> {
  const cluster = new StoringApi();
  const set = new AppliedSet(cluster.api(), SET);
  expect(messages(await set.apply(objects))).toBe('');
  return { cluster, set };
}

/** Does it once, before the next deletion is carried out. */
function beforeDeletion(cluster: StoringApi, act: () => void): void {
  cluster.rival = ({ verb }) => {
    if (verb !== 'delete') return;
    cluster.rival = () => undefined;
    act();
  };
}

describe('an object that is no longer wanted and that somebody changes in the moment it is to be deleted', () => {
  const old = configMap(SET, 'old');
  const kept = configMap(SET, 'kept');
  const change = (metadata: object): KubeObject => ({ ...old, metadata: { ...old.metadata, ...metadata } });

  it('goes all the same when it is still ours', async () => {
    const { cluster, set } = await made(kept, old);
    beforeDeletion(cluster, () => cluster.put(change({ annotations: { note: 'x' } })));
    expect(outcomes(await set.apply([kept]))).toEqual(['unchanged ConfigMap/kept', 'deleted ConfigMap/old']);
    expect(cluster.names).toEqual(['ConfigMap/kept']);
    expect(set.inventory.map(({ name }) => name)).toEqual(['kept']);
  });

  it.each<[string, (cluster: StoringApi) => void]>([
    ['is marked to stay', (cluster) => cluster.put(change({ annotations: { 'duotel.io/prune': 'disabled' } }))],
    ['has lost our label', (cluster) => cluster.put(change({ labels: {} }))],
    ['was made anew', (cluster) => cluster.remake('ConfigMap', 'old')],
  ])('stays when it %s', async (_, act) => {
    const { cluster, set } = await made(kept, old);
    beforeDeletion(cluster, () => act(cluster));
    expect(outcomes(await set.apply([kept]))).toEqual(['unchanged ConfigMap/kept', 'retained ConfigMap/old']);
    expect(cluster.get('ConfigMap', 'old')).toBeDefined();
  });

  it('is in no inventory any more when that one deletes it', async () => {
    const { cluster, set } = await made(kept, old);
    beforeDeletion(cluster, () => {
      cluster.objects.delete('ConfigMap/old');
      throw refusal(409, 'Conflict');
    });
    expect(outcomes(await set.apply([kept]))).toContain('deleted ConfigMap/old');
    expect(set.inventory.map(({ name }) => name)).toEqual(['kept']);
  });

  it('is in the inventory until it is gone, when a finalizer holds it', async () => {
    const { cluster, set } = await made(kept, old);
    cluster.put(change({ finalizers: ['example.com/hold'] }));
    await set.apply([kept]);
    expect(set.inventory.map(({ name }) => name)).toEqual(['kept', 'old']);
    cluster.objects.delete('ConfigMap/old');
    await set.apply([kept]);
    expect(set.inventory.map(({ name }) => name)).toEqual(['kept']);
  });

  it('stays in the inventory when it changes at each look, for a later pass', async () => {
    const { cluster, set } = await made(kept, old);
    let changes = 0;
    cluster.rival = ({ verb }) => {
      if (verb !== 'delete') return;
      changes += 1;
      cluster.put(old);
    };
    const busy = await set.apply([kept]);
    expect(outcomes(busy)).toEqual(['unchanged ConfigMap/kept', 'failed ConfigMap/old PruneFailed']);
    expect(busy.results.at(-1)?.problem?.final).toBe(false);
    expect([changes, set.inventory.map(({ name }) => name)]).toEqual([3, ['kept', 'old']]);
    cluster.rival = () => undefined;
    expect(outcomes(await set.apply([kept]))).toContain('deleted ConfigMap/old');
  });
});

describe('an object that another tool makes in the moment we make it', () => {
  it('stays that one, and is in no inventory of ours', async () => {
    const cluster = new StoringApi();
    const { metadata, ...fields } = configMap(SET, 'a', 'theirs');
    cluster.rival = ({ force }) => {
      if (cluster.names.length > 0) return;
      cluster.put({ ...fields, metadata: { ...metadata, labels: { 'app.kubernetes.io/managed-by': 'Helm' } } });
      if (!force)
        throw refusal(409, 'Conflict', [{ reason: 'FieldManagerConflict', field: '.data.text', message: 'conflict with "helm"' }]);
    };
    const set = new AppliedSet(cluster.api(), SET);
    expect(outcomes(await set.apply([configMap(SET, 'a', 'ours')]))).toEqual(['refused ConfigMap/a ForeignOwner']);
    expect([cluster.get('ConfigMap', 'a')?.['data'], set.inventory]).toEqual([{ text: 'theirs' }, []]);
  });
});

describe('an object with a field that cannot change', () => {
  const immutable = refusal(422, 'Invalid', [{ field: 'spec.x', reason: 'FieldValueInvalid', message: 'field is immutable' }]);
  const claim = (kind: 'StatefulSet' | 'Deployment', name: string): KubeObject =>
    workload(SET, kind, 'db', { spec: { serviceName: name } });
  const policies = { immutable: 'Recreate' as const };

  /** Refuses to change the one that is there; one that is not there may be made. */
  function refuseChanges(cluster: StoringApi): void {
    cluster.rival = ({ verb, kind, name }) => {
      if (verb === 'apply' && cluster.get(kind, name) !== undefined) throw immutable;
    };
  }

  it('is made again, and nothing but that one is deleted', async () => {
    const { cluster, set } = await made(claim('Deployment', 'one'));
    const before = cluster.get('Deployment', 'db')?.metadata.uid;
    refuseChanges(cluster);
    expect(outcomes(await set.apply([claim('Deployment', 'two')], { policies }))).toEqual(['recreated Deployment/db']);
    expect(cluster.get('Deployment', 'db')).toMatchObject({ spec: { serviceName: 'two' } });
    expect(cluster.get('Deployment', 'db')?.metadata.uid).not.toBe(before);
    expect(set.inventory).toMatchObject([{ name: 'db', uid: cluster.get('Deployment', 'db')?.metadata.uid }]);
  });

  it('is not deleted when somebody has made it anew since we looked', async () => {
    const { cluster, set } = await made(claim('Deployment', 'one'));
    let theirs: string | undefined;
    cluster.rival = ({ verb }) => {
      if (verb === 'apply') throw immutable;
      theirs = cluster.remake('Deployment', 'db').metadata.uid;
    };
    expect(outcomes(await set.apply([claim('Deployment', 'two')], { policies }))).toEqual(['failed Deployment/db ApplyFailed']);
    expect(cluster.get('Deployment', 'db')?.metadata.uid).toBe(theirs);
  });

  it('is not written to while a finalizer holds it, and is made again when it is gone', async () => {
    const { cluster, set } = await made(claim('Deployment', 'one'));
    const there = cluster.get('Deployment', 'db');
    if (there !== undefined) cluster.put({ ...there, metadata: { ...there.metadata, finalizers: ['example.com/hold'] } });
    refuseChanges(cluster);
    const held = await set.apply([claim('Deployment', 'two')], { policies, waitMs: 30 });
    expect(outcomes(held)).toEqual(['waiting Deployment/db Terminating']);
    expect(messages(held)).toContain('held by example.com/hold');
    expect(outcomes(await set.apply([claim('Deployment', 'two')], { policies }))).toEqual(['waiting Deployment/db Terminating']);
    cluster.objects.delete('Deployment/db');
    expect(outcomes(await set.apply([claim('Deployment', 'two')], { policies }))).toEqual(['created Deployment/db']);
  });

  it('stays as it is where the policy is to stall', async () => {
    const { cluster, set } = await made(claim('Deployment', 'one'));
    const before = cluster.get('Deployment', 'db')?.metadata.uid;
    refuseChanges(cluster);
    expect(outcomes(await set.apply([claim('Deployment', 'two')]))).toEqual(['failed Deployment/db Immutable']);
    expect(cluster.get('Deployment', 'db')?.metadata.uid).toBe(before);
  });
});

describe('a stage that is written as a whole or not at all', () => {
  const [a, b] = [configMap(SET, 'a', 'new'), configMap(SET, 'b', 'new')];
  const conflict = (...managers: readonly string[]) =>
    refusal(
      409,
      'Conflict',
      managers.map((manager) => ({ reason: 'FieldManagerConflict', field: '.data.text', message: `conflict with ${manager}` })),
    );
  const badRequest = (message: string) => new KubeApiError(message, { status: 400, reason: 'BadRequest', message, causes: [] });
  const immutable = refusal(422, 'Invalid', [{ field: 'data', reason: 'FieldValueForbidden', message: 'field is immutable' }]);

  /** What becomes of two objects that kubectl has applied, of which one is refused when it is asked for. */
  async function outcome(error: Error, policies: Partial<Policies> = {}, kubectl = 'kubectl-client-side-apply'): Promise<string> {
    const cluster = new StoringApi();
    const operation = kubectl === 'kubectl' ? 'Apply' : 'Update';
    for (const { metadata, ...fields } of [a, b].map(({ metadata }) => configMap(SET, metadata.name, 'old'))) {
      cluster.put({ ...fields, metadata: { ...metadata, managedFields: [{ manager: kubectl, operation }] } });
    }
    cluster.rival = ({ verb, name }) => {
      if (verb === 'ask' && name === 'a') throw error;
    };
    await new AppliedSet(cluster.api(), SET).apply([a, b], { policies: { errors: 'AllOrNothing', conflicts: 'Report', ...policies } });
    const texts = [...cluster.objects.values()].map((object) => (object['data'] as { text: string }).text);
    return texts.join(' ');
  }

  it.each<[string, Parameters<typeof outcome>]>([
    ['kubectl holds a field, whose fields become ours', [conflict('"kubectl-client-side-apply" using v1')]],
    ['kubectl has applied it server-side', [conflict('"kubectl"'), {}, 'kubectl']],
    ['a webhook with side effects cannot be asked', [badRequest('admission webhook "x" does not support dry run')]],
    ['a field cannot change and the object may be made again', [immutable, { immutable: 'Recreate' }]],
  ])('is written where %s', async (_, of) => {
    expect(await outcome(...of)).toBe('new new');
  });

  it.each<[string, Parameters<typeof outcome>]>([
    ['somebody else holds a field too', [conflict('"kubectl-client-side-apply" using v1', '"rival" using v1')]],
    ['somebody with a name that begins alike holds it', [conflict('"kubectl-client-side-apply-2" using v1')]],
    ['kubectl holds it by an edit, which stays its own', [conflict('"kubectl" using v1'), {}, 'kubectl']],
    ['it says no more than that it conflicts', [conflict()]],
    ['the object is not understood', [badRequest('unknown field "x"')]],
    ['a field cannot change', [immutable]],
  ])('is left as it is where %s', async (_, of) => {
    expect(await outcome(...of)).toBe('old old');
  });
});

describe('the objects of a set', () => {
  const all = [
    workload(SET, 'StatefulSet', 'db', { configMaps: ['config'], serviceAccountName: 'runner', spec: { serviceName: 'db' } }),
    configMap(SET, 'config'),
    member(SET, 'Service', 'db'),
    member(SET, 'ServiceAccount', 'runner'),
    member(SET, 'RoleBinding', 'runner', { roleRef: { kind: 'Role', name: 'runner' } }, 'rbac.authorization.k8s.io/v1'),
    member(SET, 'Role', 'runner', {}, 'rbac.authorization.k8s.io/v1'),
  ];
  const last = configMap(SET, 'last');

  it('are in the stored inventory before the first of them is made', async () => {
    const cluster = new StoringApi();
    const set = new AppliedSet(cluster.api(), SET);
    const named = new Set<number>();
    cluster.rival = () => named.add(set.inventory.length);
    expect(messages(await set.apply([...all, last]))).toBe('');
    expect([...named]).toEqual([7]);
  });

  it('wait for one that is refused where they need it, and come all the same where they do not', async () => {
    const cluster = new StoringApi();
    cluster.rival = ({ kind, name }) => {
      if (`${kind}/${name}` === 'ConfigMap/config') throw refusal(422, 'Invalid');
    };
    const set = new AppliedSet(cluster.api(), SET);
    expect(outcomes(await set.apply([...all, last]))).toEqual(
      expect.arrayContaining(['failed ConfigMap/config ObjectRefused', 'failed StatefulSet/db HeldBack', 'created ConfigMap/last']),
    );
    expect(cluster.names).toEqual(expect.not.arrayContaining(['StatefulSet/db']));
    cluster.rival = () => undefined;
    expect(messages(await set.apply([...all, last]))).toBe('');
    expect(cluster.get('StatefulSet', 'db')).toBeDefined();
  });

  it('are written at the same time, but no more of them than there may be requests', async () => {
    let [now, most] = [0, 0];
    const cluster = new StoringApi();
    const api = cluster.api();
    const patch: typeof api.patch = async (...request) => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return api.patch(...request);
    };
    const set = new AppliedSet({ ...api, patch }, SET);
    const many = Array.from({ length: 20 }, (_, index) => configMap(SET, `c${index}`));
    expect(messages(await set.apply(many, { concurrency: 4 }))).toBe('');
    expect([most, cluster.names.length]).toEqual([4, 20]);
  });

  it('are in the inventory with their UIDs also when they were there, and as they should be, before', async () => {
    const cluster = new StoringApi();
    const { uid } = cluster.put(last).metadata;
    const set = new AppliedSet(cluster.api(), SET);
    expect(outcomes(await set.apply([last]))).toEqual(['unchanged ConfigMap/last']);
    expect(set.inventory).toMatchObject([{ name: 'last', uid }]);
  });

  it('come when all that they need is there, and go before it does', async () => {
    const cluster = new StoringApi();
    const set = new AppliedSet(cluster.api(), SET);
    const short: string[] = [];
    cluster.rival = ({ verb, kind, name }) => {
      const there = [...cluster.objects.values()];
      const subject = all.find((one) => one.kind === kind && one.metadata.name === name);
      if (subject === undefined) return;
      // What is written now needs these; what is deleted now is needed by these.
      if (verb === 'apply' && dependencies(subject, there).length < dependencies(subject, all).length) short.push(`${kind}/${name}`);
      if (verb === 'delete' && there.some((one) => dependencies(one, [subject]).length > 0)) short.push(`${kind}/${name}`);
    };
    expect(messages(await set.apply([...all, last]))).toBe('');
    expect(cluster.names).toHaveLength(7);
    expect(messages(await set.apply([last]))).toBe('');
    expect([cluster.names, short]).toEqual([['ConfigMap/last'], []]);
  });
});
