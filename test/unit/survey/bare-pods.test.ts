import { describe, expect, it } from '@jest/globals';
import type { KubeObject, OwnerReference } from '../../../api/kube-object.ts';
import { type KubeApi, KubeApiError } from '../../../src/kube/kube-api.ts';
import { findMaker } from '../../../src/survey/find-maker.ts';
import { listBarePods } from '../../../src/survey/list-bare-pods.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { namespaceObject } from '../../support/workloads/injection.ts';

const BOTH = { 'duotel.io/backend': 'both' };
const API_VERSIONS: Readonly<Record<string, string>> = {
  Pod: 'v1',
  ReplicationController: 'v1',
  Node: 'v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  Workflow: 'argoproj.io/v1alpha1',
  Rollout: 'argoproj.io/v1alpha1',
};
const apiVersionOf = (kind: string): string => API_VERSIONS[kind] ?? 'apps/v1';

interface Parts {
  readonly by?: KubeObject;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly template?: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

function object(kind: string, name: string, { by, annotations, template, metadata }: Parts = {}): KubeObject {
  const owner: readonly OwnerReference[] =
    by === undefined
      ? []
      : [{ apiVersion: by.apiVersion, kind: by.kind, name: by.metadata.name, uid: by.metadata.uid ?? '', controller: true }];
  return {
    apiVersion: apiVersionOf(kind),
    kind,
    metadata: {
      name,
      namespace: 'shop',
      uid: `${kind}-${name}`,
      ...(owner.length > 0 && { ownerReferences: owner }),
      ...(annotations && { annotations }),
      ...metadata,
    },
    ...(template && { spec: { template: { metadata: { annotations: template } } } }),
  };
}

const SHOP = namespaceObject();
const rows = async (objects: readonly KubeObject[], namespace = SHOP): Promise<readonly string[]> =>
  (await listBarePods(listingApi([namespace, ...objects]))).barePods.map(
    ({ kind, name, backend, asked, reason }) => `${kind}/${name} ${reason} ${backend} by ${asked}`,
  );

/** An API server that answers 403, or another code, to lists of a kind. */
function refusing(api: KubeApi, kind: string, status = 403): KubeApi {
  const error = new KubeApiError('list', { status, reason: status === 403 ? 'Forbidden' : 'InternalError', message: '', causes: [] });
  return {
    ...api,
    list: async (type, options) => {
      if (type.kind === kind) throw error;
      return api.list(type, options);
    },
    async *pages(type, options) {
      if (type.kind === kind) throw error;
      yield* api.pages(type, options);
    },
  };
}

describe('a Pod, ReplicaSet or Job that is annotated', () => {
  it.each(['Pod', 'ReplicaSet', 'ReplicationController', 'Job'])('and made by nobody is told: a %s', async (kind) => {
    expect(await rows([object(kind, 'x', { annotations: BOTH })])).toEqual([`${kind}/x UnsupportedKind both by itself`]);
  });

  it.each([
    ['Deployment', 'ReplicaSet'],
    ['Rollout', 'ReplicaSet'],
    ['CronJob', 'Job'],
  ])('is not told where a %s makes it, neither are the pods of that %s', async (top, middle) => {
    const owner = object(top, 'x', { annotations: BOTH });
    // The Deployment controller copies a Deployment's annotations to its ReplicaSets.
    const made = object(middle, 'x-1', { by: owner, annotations: BOTH });
    expect(await rows([owner, made, object('Pod', 'x-1-a', { by: made, annotations: BOTH })])).toEqual([]);
  });

  it.each(['StatefulSet', 'DaemonSet'])('is not told where it is a Pod of a %s', async (kind) => {
    expect(await rows([object('Pod', 'x-0', { by: object(kind, 'x'), annotations: BOTH })])).toEqual([]);
  });

  it('by its pod template alone is told once, whatever the number of its pods', async () => {
    const job = object('Job', 'x', { template: BOTH });
    const pods = ['a', 'b', 'c'].map((name) => object('Pod', name, { by: job, annotations: BOTH }));
    expect(await rows([...pods, job])).toEqual(['Job/x UnsupportedKind both by pods']);
  });

  it('is told under the name of what makes it, where that is of a kind that nobody knows', async () => {
    const workflow = object('Workflow', 'batch');
    const job = object('Job', 'batch-1', { by: workflow });
    expect(
      await rows([
        job,
        object('Pod', 'a', { by: workflow, annotations: BOTH }),
        object('Pod', 'b', { by: workflow, annotations: BOTH }),
        object('Pod', 'c', { by: job }),
      ]),
    ).toEqual(['Workflow/batch UnsupportedKind both by pods']);
  });

  it('is a Pod, though its Node made it of a file', async () => {
    expect(await rows([object('Pod', 'static', { by: object('Node', 'n1'), annotations: BOTH })])).toEqual([
      'Pod/static UnsupportedKind both by itself',
    ]);
  });

  it('is not told while it is being deleted, when it opted out, or when the mode is missing', async () => {
    expect(
      await rows([
        object('Pod', 'going', { annotations: BOTH, metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } }),
        object('Pod', 'out', { annotations: { 'duotel.io/backend': 'none' } }),
        object('Pod', 'half', { annotations: { 'duotel.io/bootstrap': 'python' } }),
        object('Pod', 'other', { annotations: { 'example.com/x': 'y' } }),
      ]),
    ).toEqual([]);
  });

  it('is told with its mistake first, where it has one', async () => {
    expect(await rows([object('Job', 'x', { annotations: { 'duotel.io/backend': 'bth' } })])).toEqual([
      'Job/x InvalidAnnotation  by itself',
    ]);
  });

  it('is told what it should be instead', async () => {
    const found = await listBarePods(
      listingApi([
        object('Pod', 'p', { annotations: BOTH }),
        object('Job', 'j', { annotations: BOTH }),
        object('ReplicaSet', 'r', { annotations: BOTH }),
      ]),
    );
    expect(found.barePods.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Job j .* make it a CronJob, .*kubectl create job --from=cronjob\/NAME/),
      expect.stringMatching(/^Pod p .* make it a Deployment, and annotate that$/),
      expect.stringMatching(/^ReplicaSet r .* make it a Deployment, and annotate that$/),
    ]);
  });
});

describe('a Namespace with a default', () => {
  const DEFAULT = namespaceObject(BOTH);

  it('asks of what is bare in it, and of nothing that a workload makes', async () => {
    const owner = object('Deployment', 'x');
    const set = object('ReplicaSet', 'x-1', { by: owner });
    const bare = object('ReplicaSet', 'bare');
    const objects = [owner, set, bare, object('Pod', 'x-1-a', { by: set }), object('Pod', 'bare-a', { by: bare }), object('Pod', 'debug')];
    expect(await rows(objects, DEFAULT)).toEqual([
      'Pod/debug UnsupportedKind both by namespace',
      'ReplicaSet/bare UnsupportedKind both by namespace',
    ]);
  });

  it('does not ask of what opted out, nor of anything elsewhere', async () => {
    const out = object('Pod', 'out', { annotations: { 'duotel.io/backend': 'none' } });
    expect(await rows([out, object('Pod', 'elsewhere', { metadata: { namespace: 'lab' } })], DEFAULT)).toEqual([]);
  });

  it('does not have its own mistake told of every Pod in it', async () => {
    expect(await rows([object('Pod', 'debug')], namespaceObject({ 'duotel.io/backend': 'bth' }))).toEqual([]);
  });
});

describe('a user', () => {
  const pod = object('Pod', 'p', { annotations: BOTH });
  const job = object('Job', 'j', { annotations: BOTH });

  it('who may not list Pods is told so, and sees the rest', async () => {
    const { barePods, notes } = await listBarePods(refusing(listingApi([SHOP, pod, job]), 'Pod'), { namespace: 'shop' });
    expect(barePods.map(({ kind }) => kind)).toEqual(['Job']);
    expect(notes).toEqual(['bare Pods were not looked at: you may not list pods in namespace shop']);
  });

  it('who may not list ReplicaSets is not told of pods that a Deployment may make', async () => {
    const set = object('ReplicaSet', 'x-1', { by: object('Deployment', 'x') });
    const { barePods, notes } = await listBarePods(
      refusing(listingApi([SHOP, set, object('Pod', 'x-1-a', { by: set, annotations: BOTH }), pod]), 'ReplicaSet'),
    );
    expect(barePods.map(({ name }) => name)).toEqual(['p']);
    expect(notes).toEqual(['bare ReplicaSets were not looked at: you may not list replicasets']);
  });

  it('who may not see Namespaces is told that their defaults are not known', async () => {
    const { barePods, notes } = await listBarePods(refusing(listingApi([namespaceObject(BOTH), pod, object('Pod', 'debug')]), 'Namespace'));
    expect(barePods.map(({ name }) => name)).toEqual(['p']);
    expect(notes).toEqual(['defaults by Namespaces were not looked at: you may not list namespaces']);
  });

  it('gets an error where the API server fails otherwise', async () => {
    await expect(listBarePods(refusing(listingApi([SHOP, pod]), 'Pod', 500))).rejects.toThrow(KubeApiError);
  });

  it('sees by labels what was selected', async () => {
    const labelled = object('Job', 'web', { annotations: BOTH, metadata: { labels: { app: 'web' } } });
    const found = await listBarePods(listingApi([SHOP, labelled, pod]), { selected: ({ app }) => app === 'web' });
    expect(found.barePods.map(({ name }) => name)).toEqual(['web']);
  });
});

describe('the maker of a Pod', () => {
  const deployment = object('Deployment', 'x');
  const set = object('ReplicaSet', 'x-1', { by: deployment });
  const pod = object('Pod', 'x-1-a', { by: set });

  it('is the Deployment above its ReplicaSet', async () => {
    expect((await findMaker(listingApi([deployment, set]), pod)).kind).toBe('Deployment');
  });

  it('is the ReplicaSet where the Deployment is gone, or another one has its name', async () => {
    expect((await findMaker(listingApi([set]), pod)).kind).toBe('ReplicaSet');
    const other = object('Deployment', 'x', { metadata: { uid: 'other' } });
    expect((await findMaker(listingApi([other, set]), pod)).kind).toBe('ReplicaSet');
  });

  it('is itself where nothing makes it, or something of a kind that nobody knows', async () => {
    const bare = object('Pod', 'bare');
    const made = object('Pod', 'made', { by: object('Workflow', 'w') });
    expect([await findMaker(listingApi([]), bare), await findMaker(listingApi([]), made)]).toEqual([bare, made]);
  });
});
