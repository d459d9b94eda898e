import { setTimeout as sleep } from 'node:timers/promises';
import { statusOf } from '../../api/stack-status.ts';
import { entryId, objectEntry } from '../../src/apply/inventory.ts';
import { eventually } from '../support/time/eventually.ts';
import { ALL_CASES } from './support/case.ts';
import { installed } from './support/installed.ts';
import { ACTS, counts, journey, type Phase, type PhaseEnd, quiet, reached, settle, silent } from './support/journey.ts';
import { objectWrites, of, stackStatus, writes } from './support/match.ts';
import { row, useWorld } from './support/row.ts';
import { stackObjects } from './support/snapshot.ts';
import { type World, workload } from './support/world.ts';

const stage = useWorld();

/** Whatever the cluster holds of the stack is named by its inventory; a stack that is gone has none, and leaves no orphan in the end. */
async function assertInventoryNames(world: World): Promise<void> {
  const stack = await world.admin.get('TelemetryStack', 'duotel');
  if (stack === undefined) return;
  const named = new Set((statusOf(stack).inventory ?? []).map(entryId));
  const missing = (await stackObjects(world.admin)).map((object) => entryId(objectEntry(object))).filter((id) => !named.has(id));
  if (missing.length > 0) throw new Error(`the inventory does not name ${missing.join(', ')}`);
}

/** The act with SIGKILL after its k-th write, then a new operator to the end. @returns false when it had fewer writes than k. */
async function crashAfter(world: World, k: number, phase: Phase, expected: PhaseEnd | undefined): Promise<PhaseEnd | false> {
  const mark = world.proxy.passed.length;
  world.proxy.clear();
  if (k > 0) world.proxy.add({ match: writes, skip: k - 1, times: 1, fault: { do: 'crash', when: 'after' } });
  await ACTS[phase](world);
  if (expected === undefined) return { state: await reached(world, phase), counts: counts(world.proxy.passed.slice(mark)) };
  const crashed = await Promise.race([
    world.operator.ended().then(() => true),
    settle(world, phase, expected, 90, 400).then(
      () => false,
      () => !world.operator.running,
    ),
  ]);
  if (crashed || !world.operator.running) {
    await assertInventoryNames(world);
    world.proxy.clear();
    await world.restart();
    await settle(world, phase, expected, 90, 400);
  }
  const found = counts(world.proxy.passed.slice(mark));
  if (JSON.stringify(sorted(found)) !== JSON.stringify(sorted(expected.counts)))
    throw new Error(`${phase}, killed after write ${k}: ${JSON.stringify(found)}, without it ${JSON.stringify(expected.counts)}`);
  return crashed ? { state: {}, counts: found } : false;
}

function sorted(record: Readonly<Record<string, number>>): readonly [string, number][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Each act with a kill after write 1, 2, ... until it has no such write any more. */
async function crashEverywhere(world: World, acts: readonly Phase[], again: () => Promise<void>): Promise<string> {
  await world.restart();
  const expected = new Map<Phase, PhaseEnd>();
  for (const phase of acts) {
    const end = await crashAfter(world, 0, phase, undefined);
    if (end !== false) expected.set(phase, end);
  }
  const kills = new Map<Phase, number>(acts.map((phase) => [phase, 0]));
  for (let k = 1, more = true; more; k += 1) {
    await again();
    more = false;
    for (const phase of acts) {
      const open = kills.get(phase) === k - 1;
      const crashed = await crashAfter(world, open ? k : 0, phase, expected.get(phase)).catch((error: unknown) => {
        throw new Error(`${phase}, killed after write ${k}: ${error instanceof Error ? error.message : String(error)}`);
      });
      if (crashed !== false) {
        kills.set(phase, k);
        more = true;
      }
    }
  }
  const unharmed = acts.filter((phase) => kills.get(phase) === 0);
  if (unharmed.length > 0) throw new Error(`no write to kill after in ${unharmed.join(', ')}`);
  const silence = await silent(world);
  return `${[...kills].map(([phase, count]) => `${phase} ${count}`).join(', ')} kills; 0 orphans, 0 objects made or deleted twice; ${silence}`;
}

row('A1', 'the stack survives SIGKILL after every single write of its install, upgrade, prune and uninstall', stage, {
  injected: 'SIGKILL after write k, for each k',
  cases: ['create', 'update', 'prune', 'delete'],
  limit: 1_800_000,
  run: async ({ world }) => {
    await world.reset();
    return crashEverywhere(world, ['create', 'update', 'prune', 'delete'], () => world.admin.delete('Secret', 'duotel-grafana-admin'));
  },
});

row('A1', 'a workload survives SIGKILL after every single write of its injection and its revert', stage, {
  injected: 'SIGKILL after write k, for each k',
  cases: ['inject'],
  run: async ({ world, reference }) => {
    await installed({ world, reference });
    return crashEverywhere(world, ['inject', 'revert'], async () => {
      await world.admin.delete('Deployment', 'my-rag', 'shop');
      await eventually('the workload to be gone', async () => (await world.admin.list('ReplicaSet', 'shop')).length === 0);
      await world.admin.create(workload());
      await eventually('the workload to be seen', async () => (await world.admin.list('ReplicaSet', 'shop')).length === 1);
    });
  },
});

/** One kill at the first request that matches, and a new operator. */
function killOnce(match: Parameters<World['proxy']['add']>[0]['match'], when: 'before' | 'after') {
  return {
    during: (_phase: Phase, world: World): void => {
      world.proxy.add({ match, times: 1, fault: { do: 'crash', when } });
    },
    acted: async (_phase: Phase, world: World): Promise<void> => {
      // A kill that came after this would find nobody to start the operator again.
      await Promise.race([world.operator.ended(), sleep(20_000)]);
      if (world.operator.running) return;
      await assertInventoryNames(world);
      await world.restart();
    },
  };
}

row('A2', 'nothing is orphaned when the operator dies between its inventory and the first object', stage, {
  injected: 'SIGKILL before the first write of an object',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(
      world,
      reference,
      killOnce((request) => objectWrites(request) && request.resource !== 'telemetrystacks', 'before'),
    ),
});

row('A2', 'the status is right in the end when the operator dies between the last object and its status', stage, {
  injected: 'SIGKILL before the status that follows the objects',
  cases: ALL_CASES,
  run: ({ world, reference }) => {
    let applied = false;
    const { acted } = killOnce(stackStatus, 'before');
    return journey(world, reference, {
      acted,
      during: (_phase, here) => {
        applied = false;
        const afterApply = (request: Parameters<typeof writes>[0]): boolean => {
          if (objectWrites(request) && request.resource !== 'telemetrystacks') applied = true;
          return applied && stackStatus(request);
        };
        here.proxy.add({ match: afterApply, times: 1, fault: { do: 'crash', when: 'before' } });
      },
    });
  },
});

row('A3', 'an object that a foreign finalizer keeps comes back once, although the operator dies meanwhile', stage, {
  injected: 'SIGKILL while a deleted Service waits for its finalizer',
  cases: ['create', 'delete'],
  run: async ({ world, reference }) => {
    await installed({ world, reference });
    const before = await world.admin.patch('Service', 'duotel-jaeger', { metadata: { finalizers: ['example.com/wait'] } });
    await quiet(world, 500);
    const mark = world.proxy.passed.length;
    await world.admin.delete('Service', 'duotel-jaeger');
    await sleep(1500);
    await world.operator.kill();
    await world.restart();
    await sleep(1500);
    const held = world.proxy.passed.slice(mark).filter(({ request }) => of('patch', 'services', 'duotel-jaeger')(request)).length;
    if (held > 10) throw new Error(`${held} writes of a Service that is being deleted`);
    await world.admin.patch('Service', 'duotel-jaeger', { metadata: { finalizers: null } });
    await settle(world, 'create', reference.create);
    const after = await world.admin.get('Service', 'duotel-jaeger');
    if (after === undefined || after.metadata.uid === before.metadata.uid) throw new Error('the Service was not made anew');
    const made = counts(world.proxy.passed.slice(mark))['create services duotel/duotel-jaeger'];
    if (made !== 1) throw new Error(`the Service was made ${made} times`);
    const silence = await silent(world);
    return `made once, ${held} writes while it waited, ${silence}`;
  },
});
