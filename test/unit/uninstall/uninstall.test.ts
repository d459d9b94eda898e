import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { uninstall } from '../../../src/uninstall/uninstall.ts';
import type { UninstallStep } from '../../../src/uninstall/uninstall-options.ts';
import { type Asked, apiError, installed, operatedCluster, RECORD } from '../../support/fake-api/operated-cluster.ts';
import { namespaceObject, workload } from '../../support/workloads/injection.ts';

const OPERATOR = installed('Deployment', 'duotel-operator', 'duotel');
const DELETED = { deletionTimestamp: '2026-11-28T00:00:00Z' };
const injected = (name: string): KubeObject =>
  workload({ name, annotations: { 'duotel.io/backend': 'both', 'duotel.io/injected': RECORD } });
/** An installation with three injected workloads in an ordinary Namespace, and with more objects. */
const three = (...more: readonly KubeObject[]): readonly KubeObject[] => [
  namespaceObject(),
  ...['a', 'b', 'c'].map(injected),
  OPERATOR,
  installed('ClusterRole', 'duotel-operator'),
  installed('Namespace', 'duotel'),
  ...more,
];

/** A run of the command, with a clock that its own waits move on. */
async function run(objects: readonly KubeObject[], rival?: (asked: Asked, live: KubeObject[]) => void) {
  const cluster = operatedCluster(objects, rival);
  const steps: UninstallStep[] = [];
  let now = 0;
  const sleep = async (ms: number): Promise<void> => {
    now += ms;
  };
  const clock = { now: () => now, sleep };
  const options = { api: cluster.api, clock, workloads: 'revert' as const, dryRun: false, limitMs: 5000 };
  const error = await uninstall({ ...options, onStep: (step) => steps.push(step) }).catch((thrown: unknown) => String(thrown));
  const of = (action: UninstallStep['action']) => steps.filter((step) => step.action === action).map(({ object }) => object);
  const why = (object: string) => steps.filter((step) => step.object === object && step.action === 'failed').map(({ message }) => message);
  const there = (kind: string, name: string) => cluster.objects.find((one) => one.kind === kind && one.metadata.name === name);
  const isInjected = (name: string) => there('Deployment', name)?.metadata.annotations?.['duotel.io/injected'] !== undefined;
  return { ...cluster, steps, of, why, there, isInjected, error };
}

/** Takes an object out, as somebody else does. */
const drop = (live: KubeObject[], kind: string, name: string): void => {
  const index = live.findIndex((one) => one.kind === kind && one.metadata.name === name);
  if (index >= 0) live.splice(index, 1);
};
const on = (verb: Asked['verb'], kind: string, name: string, act: (live: KubeObject[]) => void) => (asked: Asked, live: KubeObject[]) => {
  if (asked.verb === verb && asked.kind === kind && asked.name === name) act(live);
};

describe('uninstall --revert', () => {
  it('injects no workload once more, and leaves neither annotations nor the rights of operator.scope', async () => {
    const objects: readonly KubeObject[] = [
      namespaceObject({ 'duotel.io/backend': 'both' }),
      namespaceObject({}, 'plain'),
      workload({ name: 'default', annotations: { 'duotel.io/injected': RECORD } }),
      workload({ name: 'off', annotations: { 'duotel.io/backend': 'none' } }),
      workload({
        name: 'typo',
        namespace: 'plain',
        annotations: { 'duotel.io/bakend': 'both', 'duotel.io/status': 'Blocked InvalidAnnotation: x' },
      }),
      workload({ name: 'own', namespace: 'plain', annotations: { 'duotel.io/backend': 'both', 'duotel.io/injected': RECORD } }),
      OPERATOR,
      installed('Role', 'duotel-operator-workloads', 'shop'),
      installed('RoleBinding', 'duotel-operator-workloads', 'shop'),
    ];
    const { objects: left, injections, steps } = await run(objects);
    expect(injections()).toBe(0);
    expect(JSON.stringify(left)).not.toContain('duotel');
    expect(left.map(({ metadata }) => metadata.name)).toEqual(['shop', 'plain', 'default', 'off', 'typo', 'own']);
    expect(steps.filter(({ action }) => action === 'reverted').map(({ object }) => object)).toEqual([
      'Deployment/shop/default',
      'Deployment/plain/own',
    ]);
  });
});

describe('uninstall --revert, when an object is gone meanwhile,', () => {
  it.each([
    ['before it is opted out', 'patch'],
    ['while it is waited for', 'list'],
  ] as const)('says so and goes on with the others: %s', async (_when, verb) => {
    let looks = 0;
    const { error, of, there } = await run(three(), (asked, live) => {
      // The first list is of what there is.
      const now =
        verb === 'patch'
          ? asked.verb === 'patch' && asked.name === 'b'
          : asked.verb === 'list' && asked.kind === 'Deployment' && ++looks === 2;
      if (now) drop(live, 'Deployment', 'b');
    });
    expect(error).toBeUndefined();
    expect(of('gone')).toEqual(['Deployment/shop/b']);
    expect(of('reverted')).toEqual(['Deployment/shop/a', 'Deployment/shop/c']);
    expect(there('Namespace', 'duotel')).toBeUndefined();
  });

  it('takes an object for gone whose kind is not served any more', async () => {
    const { error, of } = await run(
      three(),
      on('patch', 'Deployment', 'a', () => {
        throw apiError(404, 'NotFound', 'the server could not find the requested resource');
      }),
    );
    expect([error, of('gone')[0]]).toEqual([expect.stringContaining('Deployment/shop/a: not reverted'), 'Deployment/shop/a']);
    expect(of('reverted')).toEqual(['Deployment/shop/b', 'Deployment/shop/c']);
  });

  it('waits for none that is being deleted, nor for one whose Namespace is', async () => {
    const leaving = { ...injected('leaving'), metadata: { ...injected('leaving').metadata, ...DELETED } };
    const elsewhere = { ...injected('elsewhere'), metadata: { ...injected('elsewhere').metadata, namespace: 'ending' } };
    const ending = { ...namespaceObject({}, 'ending'), metadata: { name: 'ending', ...DELETED } };
    const { error, of } = await run(three(leaving, elsewhere, ending));
    expect(error).toBeUndefined();
    expect(of('reverted')).toEqual(['Deployment/shop/a', 'Deployment/shop/b', 'Deployment/shop/c']);
  });

  it('removes the annotations of the others', async () => {
    let seen = false;
    const { error, objects } = await run(three(), (asked, live) => {
      // Its second patch is the one that takes the `none` out.
      if (asked.verb === 'patch' && asked.name === 'b' && seen) drop(live, 'Deployment', 'b');
      seen ||= asked.verb === 'delete' && asked.name === 'duotel-operator';
    });
    expect(error).toBeUndefined();
    expect(JSON.stringify(objects)).not.toContain('duotel');
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['shop', 'a', 'c']);
  });
});

describe('uninstall --revert, when an object is refused,', () => {
  const REFUSALS = [
    [
      403,
      'Forbidden',
      'deployments.apps "b" is forbidden: User "me" cannot patch resource "deployments" in API group "apps" in the namespace "shop"',
      'cannot patch resource',
      'get that right',
    ],
    [
      403,
      'Forbidden',
      'admission webhook "freeze.example.com" denied the request: secret=hunter2',
      'admission webhook "freeze.example.com" denied the change',
      'have what refuses it allow it',
    ],
    [
      500,
      'InternalError',
      'failed calling webhook "freeze.example.com": x',
      'admission webhook "freeze.example.com" could not be asked',
      'run the command again',
    ],
    [
      409,
      'Conflict',
      'Operation cannot be fulfilled on deployments.apps "b": the object has been modified; please apply your changes to the latest version and try again',
      'has been modified',
      'something else writes it at the same time',
    ],
    [
      422,
      'Invalid',
      'Deployment.apps "b" is invalid: secret=hunter2',
      'the API server answered 422 Invalid',
      'have what refuses it allow it',
    ],
    [0, 'Unreachable', 'the answer did not come within 30 s', 'did not come within 30 s', 'run the command again'],
  ] as const;

  it.each(REFUSALS)(
    '%d %s: says why and what to do, reverts the others and deletes nothing',
    async (status, reason, message, why, todo) => {
      const refuse = on('patch', 'Deployment', 'b', () => {
        throw apiError(status, reason, message);
      });
      const { error, of, why: said, isInjected, there } = await run(three(), refuse);
      expect(error).toMatch(/^Error: Deployment\/shop\/b: refused, for the reasons given\. Nothing was deleted/);
      expect(said('Deployment/shop/b')).toEqual([expect.stringContaining(why)]);
      expect(said('Deployment/shop/b')).toEqual([expect.stringContaining(todo)]);
      expect(JSON.stringify(said('Deployment/shop/b'))).not.toContain('hunter2');
      expect(of('reverted')).toEqual(['Deployment/shop/a', 'Deployment/shop/c']);
      expect([isInjected('b'), there('Namespace', 'duotel') !== undefined, there('ClusterRole', 'duotel-operator') !== undefined]).toEqual([
        true,
        true,
        true,
      ]);
    },
  );

  it('says what the operator found of one that it does not revert', async () => {
    const stuck = workload({
      name: 'stuck',
      annotations: { 'duotel.io/status': 'Blocked WriteRefused: a policy', 'duotel.io/injected': RECORD },
    });
    const object = { ...stuck, kind: 'StatefulSet' };
    const { error, of, why } = await run(three(object));
    expect(error).toMatch(/^Error: StatefulSet\/shop\/stuck: not reverted within 5 s\. Is the operator running\?/);
    expect(why('StatefulSet/shop/stuck')).toEqual(['not reverted within 5 s; the operator says of it: Blocked WriteRefused: a policy']);
    expect(of('reverted')).toHaveLength(3);
  });

  it('reverts the workloads of the other kinds when one kind can not be listed, and deletes nothing', async () => {
    const { error, of, why, there } = await run(three(), (asked) => {
      if (asked.verb === 'list' && asked.kind === 'Rollout') throw apiError(500, 'InternalError', 'conversion webhook for Rollout failed');
    });
    expect(error).toMatch(/^Error: Rollout\/\*\/\*: refused, for the reasons given/);
    expect(why('Rollout/*/*')).toEqual([
      expect.stringMatching(/^not looked at: the API server answered 500 InternalError.*run the command again/),
    ]);
    expect(of('reverted')).toHaveLength(3);
    expect(there('Namespace', 'duotel')).toBeDefined();
  });

  it('takes none for gone while its kind can not be listed for a moment', async () => {
    let looks = 0;
    const { error, of } = await run(three(), (asked) => {
      if (asked.verb === 'list' && asked.kind === 'Deployment' && [2, 3].includes(++looks)) throw apiError(503, 'ServiceUnavailable');
    });
    expect([error, of('gone'), of('reverted').length]).toEqual([undefined, [], 3]);
  });

  it('tries none of the others when nobody is answered', async () => {
    const { error, steps } = await run(three(), ({ verb, kind }) => {
      if (verb === 'patch' || kind === 'version') throw apiError(0, 'Unreachable', 'connection refused');
    });
    expect(error).toContain('connection refused');
    expect(steps).toEqual([]);
  });

  it('deletes what else there is, and says what stays', async () => {
    const { error, of, why, there } = await run(
      three(),
      on('delete', 'ClusterRole', 'duotel-operator', () => {
        throw apiError(403, 'Forbidden', 'admission webhook "keep.example.com" denied the request');
      }),
    );
    expect(error).toBeUndefined();
    expect(why('ClusterRole/duotel-operator')).toEqual([expect.stringContaining('"keep.example.com" denied the change')]);
    expect(of('deleted')).toEqual(['Deployment/duotel/duotel-operator', 'Namespace/duotel']);
    expect(there('Namespace', 'duotel')).toBeUndefined();
  });

  it('leaves annotations on one alone when it is refused there, and says so', async () => {
    let ended = false;
    const { error, of, why } = await run(three(), (asked) => {
      ended ||= asked.verb === 'delete' && asked.name === 'duotel-operator';
      if (ended && asked.verb === 'patch' && asked.name === 'b')
        throw apiError(403, 'Forbidden', 'admission webhook "freeze" denied the request');
    });
    expect(error).toBeUndefined();
    expect(of('annotations removed')).toEqual(['Deployment/shop/a', 'Deployment/shop/c']);
    expect(why('Deployment/shop/b')).toEqual([expect.stringMatching(/^has annotations under duotel\.io\/ still: .*nothing acts on them$/)]);
    expect(of('deleted')).toContain('Namespace/duotel');
  });

  it('deletes nothing else while the operator can not be deleted', async () => {
    const { error, of, there } = await run(
      three(),
      on('delete', 'Deployment', 'duotel-operator', () => {
        throw apiError(403, 'Forbidden', 'admission webhook "keep" denied the request');
      }),
    );
    expect(error).toMatch(/^Error: Deployment\/duotel\/duotel-operator: not deleted, for the reason given\. Nothing else was deleted/);
    expect([of('deleted'), of('annotations removed')]).toEqual([[], []]);
    expect(there('ClusterRole', 'duotel-operator')).toBeDefined();
  });
});

describe('uninstall --revert, when a workload is made meanwhile,', () => {
  const born = (): KubeObject => ({ ...workload({ name: 'born', annotations: { 'duotel.io/injected': RECORD } }) });
  const defaulted = [namespaceObject({ 'duotel.io/backend': 'both' }), injected('a'), OPERATOR, installed('Namespace', 'duotel')];

  it('opts it out and waits for it as for the others', async () => {
    let looks = 0;
    const { error, of, objects } = await run(defaulted, (asked, live) => {
      if (asked.verb === 'list' && asked.kind === 'Deployment' && ++looks === 2) live.push(born());
    });
    expect(error).toBeUndefined();
    expect(of('opted out')).toEqual(['Deployment/shop/a', 'Deployment/shop/born']);
    expect(of('reverted')).toEqual(['Deployment/shop/a', 'Deployment/shop/born']);
    expect(JSON.stringify(objects)).not.toContain('duotel');
  });

  it('gives it its template back itself when the operator was in its last moment', async () => {
    const { error, of, objects } = await run(
      defaulted,
      on('delete', 'Deployment', 'duotel-operator', (live) => live.push(born())),
    );
    expect(error).toBeUndefined();
    expect(of('reverted')).toEqual(['Deployment/shop/a', 'Deployment/shop/born']);
    expect(JSON.stringify(objects)).not.toContain('duotel');
  });
});
