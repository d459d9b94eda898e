import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../api/kube-object.ts';
import { synthStack } from '../../charts/synth-stack.ts';
import { Metrics } from '../../src/controller/metrics.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { runOperator } from '../../src/operator/run-operator.ts';
import { eventually } from '../support/time/eventually.ts';
import { type Condition, conditions } from './support/conditions.ts';
import { ACTS, settle, silent, uninjected } from './support/journey.ts';
import { row, useWorld } from './support/row.ts';
import { stackObjects } from './support/snapshot.ts';
import type { World } from './support/world.ts';

const stage = useWorld();

type Synth = typeof synthStack;

/** The operator in this process: a render that fails is not to be had from the program itself. */
async function run(world: World, synth: Synth): Promise<() => Promise<void>> {
  const silence = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const api = await createKubeApi({ kubeconfig: world.kubeconfig() });
  const stop = new AbortController();
  const running = runOperator({ api, logger: silence, metrics: new Metrics(), namespace: 'duotel', synth }, stop.signal);
  return async () => {
    stop.abort();
    await running;
    await api.close();
  };
}

row('F4', 'a render that throws, yields nothing or half of the objects prunes nothing that it should not', stage, {
  injected:
    'synth that throws for a new stack; returns every second object for the same spec, throws, returns [] for a changed one; throws',
  cases: ['create', 'update', 'prune', 'delete'],
  run: async ({ world, reference }) => {
    await world.reset();
    const throws: Synth = () => {
      throw new Error('injected: the render throws');
    };
    let render: Synth = throws;
    let stop = await run(world, (input) => render(input));
    try {
      const { admin, proxy } = world;
      await ACTS.create(world);
      const told = [`new: ${await eventually('a condition when the first render throws', () => trouble(world), 90)}`];
      const early = (await stackObjects(admin)).length;
      if (early > 0) throw new Error(`${early} objects were made of a render that throws`);
      render = synthStack;
      await settle(world, 'create', reference.create, 90);
      const before = (await stackObjects(admin)).length;
      const renders: Readonly<Record<string, Synth>> = {
        // First, and in a new process with the same spec: a change of the spec would be a reason to prune.
        half: (input) => synthStack(input).filter((_: KubeObject, index: number) => index % 2 === 1),
        throws,
        nothing: () => [],
      };
      for (const [name, synth] of Object.entries(renders)) {
        render = synth;
        const mark = proxy.passed.length;
        if (name === 'half') {
          await stop();
          stop = await run(world, (input) => render(input));
        } else await admin.patch('TelemetryStack', 'duotel', { spec: { jaeger: { retention: `${100 + told.length}h` } } });
        const reason = await eventually(`a condition when the render is: ${name}`, () => trouble(world), 90);
        await sleep(2000);
        const deleted = proxy.passed.slice(mark).filter(({ request }) => request.verb === 'delete').length;
        const left = (await stackObjects(admin)).length;
        if (deleted > 0 || left !== before) throw new Error(`render ${name}: ${deleted} deletions, ${left} of ${before} objects are left`);
        told.push(`${name}: ${reason}`);
      }
      // What the stack has left is found by its label: nothing has to be rendered for its deletion.
      render = throws;
      await ACTS.delete(world);
      await settle(world, 'delete', uninjected(reference, 'delete'), 90);
      const silence = await silent(world);
      return `0 deletions; ${told.join(', ')}; ${silence}`;
    } finally {
      await stop();
    }
  },
});

/** Why the stack is not ready, other than that its components are not: no kubelet runs them here. */
async function trouble(world: World): Promise<string | undefined> {
  const { admin } = world;
  const stack = await admin.get('TelemetryStack', 'duotel');
  // Of the present spec: the last one's trouble is no news.
  const isNew = ({ observedGeneration }: Condition): boolean => observedGeneration === stack?.metadata.generation;
  const ready = (await conditions(world)).find((one) => one.type === 'Ready' && isNew(one));
  return ready?.status === 'False' && ready.reason !== 'ComponentsNotReady' ? ready.reason : undefined;
}
