import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { AppliedSet, configMap, member, messages, outcomes } from '../../support/cluster/sets.ts';
import { refusal, StoringApi } from '../../support/fake-api/storing-api.ts';

const SET = 'shop';
type Rule = Readonly<Record<string, unknown>>;
const policy = (...ports: readonly Rule[]): KubeObject =>
  member(SET, 'NetworkPolicy', 'n', { spec: { ingress: [{ ports }] } }, 'networking.k8s.io/v1');
const dns = policy({ port: 53 });

/** An API server that writes TCP where no protocol is said, and keeps a list of what it is asked. */
function defaulting(...objects: readonly KubeObject[]): { readonly cluster: StoringApi; readonly asked: string[] } {
  const cluster = new StoringApi(...objects);
  const asked: string[] = [];
  cluster.rival = ({ verb, kind }) => {
    asked.push(`${verb} ${kind}`);
  };
  cluster.admit = (object) =>
    JSON.parse(JSON.stringify(object), (_, value) => (value?.port !== undefined ? { protocol: 'TCP', ...value } : value)) as KubeObject;
  return { cluster, asked };
}

describe('a list that the API server has added its defaults to', () => {
  it('is asked about once, and not written', async () => {
    const { cluster, asked } = defaulting(policy({ port: 53, protocol: 'TCP' }));
    const set = new AppliedSet(cluster.api(), SET);
    const passes = [await set.apply([dns]), await set.apply([dns])];
    expect(passes.map(outcomes)).toEqual([['unchanged NetworkPolicy/n'], ['unchanged NetworkPolicy/n']]);
    expect(passes.map(messages)).toEqual(['', '']);
    expect(asked).toEqual(['ask NetworkPolicy']);
  });

  it('is known from the answer to our own write', async () => {
    const { cluster, asked } = defaulting();
    const set = new AppliedSet(cluster.api(), SET);
    await set.apply([dns]);
    expect(outcomes(await set.apply([dns]))).toEqual(['unchanged NetworkPolicy/n']);
    expect(asked).toEqual(['apply NetworkPolicy']);
  });

  it('is repaired when somebody has added something else', async () => {
    const { cluster, asked } = defaulting(policy({ port: 53, protocol: 'TCP', endPort: 60 }));
    const set = new AppliedSet(cluster.api(), SET);
    expect(outcomes(await set.apply([dns]))).toEqual(['updated NetworkPolicy/n']);
    expect(cluster.get('NetworkPolicy', 'n')?.['spec']).toEqual({ ingress: [{ ports: [{ port: 53, protocol: 'TCP' }] }] });
    expect(asked).toEqual(['ask NetworkPolicy', 'apply NetworkPolicy']);
  });

  it('is repaired without a question when somebody has added an item', async () => {
    const { cluster, asked } = defaulting(policy({ port: 53, protocol: 'TCP' }, { port: 22, protocol: 'TCP' }));
    expect(outcomes(await new AppliedSet(cluster.api(), SET).apply([dns]))).toEqual(['updated NetworkPolicy/n']);
    expect(asked).toEqual(['apply NetworkPolicy']);
  });

  it('is asked about again when it changes once more', async () => {
    const { cluster, asked } = defaulting(policy({ port: 53, protocol: 'TCP' }));
    const set = new AppliedSet(cluster.api(), SET);
    await set.apply([dns]);
    cluster.put(policy({ port: 53, protocol: 'UDP' }));
    expect(outcomes(await set.apply([dns]))).toEqual(['updated NetworkPolicy/n']);
    expect(asked).toEqual(['ask NetworkPolicy', 'ask NetworkPolicy', 'apply NetworkPolicy']);
  });
});

describe('a question that the API server does not answer', () => {
  const live = policy({ port: 53, protocol: 'TCP' });

  it('leaves the object as it is, and says why', async () => {
    const { cluster } = defaulting(live);
    cluster.rival = ({ verb }) => {
      if (verb === 'ask') throw refusal(503, 'ServiceUnavailable');
    };
    const result = await new AppliedSet(cluster.api(), SET).apply([dns]);
    expect(outcomes(result)).toEqual(['failed NetworkPolicy/n ApplyFailed']);
    expect(cluster.get('NetworkPolicy', 'n')?.['spec']).toEqual(live['spec']);
  });

  it('because of a webhook that cannot be asked is answered by a write', async () => {
    const { cluster } = defaulting(live);
    cluster.rival = ({ verb }) => {
      const message = 'admission webhook "x" does not support dry run';
      if (verb === 'ask') throw new KubeApiError(message, { status: 400, reason: 'BadRequest', message, causes: [] });
    };
    const set = new AppliedSet(cluster.api(), SET);
    expect(outcomes(await set.apply([dns]))).toEqual(['updated NetworkPolicy/n']);
    expect(outcomes(await set.apply([dns]))).toEqual(['unchanged NetworkPolicy/n']);
  });
});

describe('two updates, of which one is a question', () => {
  it('are one update when the answer is that nothing would change: it is not rehearsed', async () => {
    const { cluster, asked } = defaulting(policy({ port: 53, protocol: 'TCP' }), configMap(SET, 'a', 'theirs'));
    const done = await new AppliedSet(cluster.api(), SET).apply([dns, configMap(SET, 'a', 'ours')]);
    expect(outcomes(done)).toEqual(['updated ConfigMap/a', 'unchanged NetworkPolicy/n']);
    expect(asked).toEqual(['ask NetworkPolicy', 'apply ConfigMap']);
  });

  it('are rehearsed, each once, when both would change something', async () => {
    const { cluster, asked } = defaulting(policy({ port: 53, protocol: 'TCP', endPort: 60 }), configMap(SET, 'a', 'theirs'));
    await new AppliedSet(cluster.api(), SET).apply([dns, configMap(SET, 'a', 'ours')]);
    expect([...asked].sort()).toEqual(['apply ConfigMap', 'apply NetworkPolicy', 'ask ConfigMap', 'ask NetworkPolicy']);
  });
});

describe('what the API server says of an object that was made anew meanwhile', () => {
  it('says nothing of the one that we saw', async () => {
    const { cluster } = defaulting(policy({ port: 53, protocol: 'TCP' }));
    const seen = cluster.get('NetworkPolicy', 'n');
    cluster.remake('NetworkPolicy', 'n');
    const done = await new AppliedSet(cluster.api(), SET).apply([dns], { live: () => seen });
    expect(outcomes(done)).toEqual(['updated NetworkPolicy/n']);
  });
});

describe('a webhook that adds to a list which is one value', () => {
  it('is told of an item that it adds, and has it: nothing is written twice', async () => {
    const { cluster, asked } = defaulting();
    const admit = cluster.admit;
    cluster.admit = (object) => {
      const { spec, ...rest } = admit(object) as KubeObject & {
        readonly spec: { readonly ingress: readonly { readonly ports: readonly Rule[] }[] };
      };
      return { ...rest, spec: { ingress: spec.ingress.map(({ ports }) => ({ ports: [...ports, { port: 15_000, protocol: 'TCP' }] })) } };
    };
    const set = new AppliedSet(cluster.api(), SET);
    const passes = [await set.apply([dns]), await set.apply([dns])];
    expect(passes.map(outcomes)).toEqual([
      ['created NetworkPolicy/n DriftNotRepairable'],
      ['unchanged NetworkPolicy/n DriftNotRepairable'],
    ]);
    expect(messages(passes[1] ?? { results: [], inventory: [] })).toContain('our write did not set spec.ingress:');
    expect(asked).toEqual(['apply NetworkPolicy']);
  });
});

describe('a question about an object of kubectl’s', () => {
  it('is asked by force, whatever the policy: whose the fields are is another question', async () => {
    const { cluster } = defaulting(policy({ port: 53, protocol: 'TCP' }));
    const forces: unknown[] = [];
    cluster.rival = ({ verb, force }) => {
      forces.push(`${verb} ${force}`);
    };
    const done = await new AppliedSet(cluster.api(), SET).apply([dns], { policies: { conflicts: 'Report' } });
    expect([outcomes(done), forces]).toEqual([['unchanged NetworkPolicy/n'], ['ask true']]);
  });
});

describe('a list that we want empty', () => {
  const closed = member(SET, 'NetworkPolicy', 'n', { spec: { policyTypes: ['Ingress'], ingress: [] } }, 'networking.k8s.io/v1');
  const bodies: KubeObject[] = [];
  const cluster = new StoringApi();
  cluster.admit = (object) => {
    bodies.push(object);
    return object;
  };

  it('is sent when somebody has filled it, and only then', async () => {
    const set = new AppliedSet(cluster.api(), SET);
    await set.apply([closed]);
    cluster.put({ ...closed, spec: { policyTypes: ['Ingress'], ingress: [{}] } });
    expect(outcomes(await set.apply([closed]))).toEqual(['updated NetworkPolicy/n']);
    expect(bodies.map(({ spec }) => spec)).toEqual([{ policyTypes: ['Ingress'] }, { policyTypes: ['Ingress'], ingress: [] }]);
    expect(outcomes(await set.apply([closed]))).toEqual(['unchanged NetworkPolicy/n']);
  });
});
