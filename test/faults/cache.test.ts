import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_STACK_CONFIG } from '../../api/names.ts';
import { eventually } from '../support/time/eventually.ts';
import { ALL_CASES } from './support/case.ts';
import { errorEvent, type Fault, type StreamStep, type WatchLine } from './support/fault.ts';
import { installed } from './support/installed.ts';
import { ACTS, journey, objectWrites, quiet, settle, silent, uninjected } from './support/journey.ts';
import { lists, watches } from './support/match.ts';
import { row, useWorld } from './support/row.ts';
import { type World, workload } from './support/world.ts';

const stage = useWorld();

row('B1', 'a stack that was deleted and made again loses nothing to an operator that reads the past', stage, {
  injected: 'lists from before the second stack, watches from there 3 s late',
  cases: ['create', 'delete'],
  run: async ({ world, reference }) => {
    const { proxy } = world;
    await installed({ world, reference });
    // The past: the first stack is deleted, its objects are there.
    await world.operator.kill();
    await ACTS.delete(world);
    const past = new Map<string, string>();
    const keep = (url: string) => (body: string) => {
      past.set(url, past.get(url) ?? body);
      return body;
    };
    proxy.add({ match: lists(), fault: ({ url }) => ({ do: 'rewrite', edit: keep(url) }) });
    const hung = proxy.add({ match: ({ verb, resource }) => verb === 'delete' && resource !== 'leases', fault: { do: 'hang' } });
    await world.restart();
    await eventually('a deletion', async () => hung.struck > 0);
    await world.operator.kill();
    // The present: a second stack, of the same name.
    proxy.clear();
    await world.restart();
    await settle(world, 'delete', uninjected(reference, 'delete'));
    await ACTS.create(world);
    await settle(world, 'create', reference.create);
    const mark = proxy.passed.length;
    const stale = proxy.add({
      match: (request) => lists()(request) && past.has(request.url),
      fault: ({ url }) => ({ do: 'answer', status: 200, body: past.get(url) ?? '' }),
    });
    proxy.add({ match: watches(), times: 11, fault: { do: 'delay', ms: 3000 } });
    await world.restart();
    await sleep(4000);
    await settle(world, 'create', reference.create);
    const deleted = proxy.passed.slice(mark).filter(({ request, status }) => request.verb === 'delete' && status === 200);
    if (deleted.length > 0) throw new Error(`${deleted.length} objects of the second stack were deleted, first ${deleted[0]?.request.url}`);
    const tried = proxy.passed.slice(mark).filter(({ request }) => request.verb === 'delete').length;
    if (stale.struck === 0) throw new Error('no list was answered from the past');
    const silence = await silent(world);
    return `${stale.struck} stale lists, ${tried} deletions tried and all refused by their UID, ${silence}`;
  },
});

/** A stream whose lines come up to `ms` late. */
function late(ms: number): { readonly batch: NonNullable<Extract<Fault, { do: 'stream' }>['batch']> } {
  return { batch: { ms, edit: (lines) => lines.map(({ text }) => text) } };
}

row('B2', 'nothing flaps between two API servers of which one lags', stage, {
  injected: 'each stream lasts 2 s, every second one is 1.5 s late',
  cases: ALL_CASES,
  run: ({ world, reference }) => {
    let streams = 0;
    return journey(world, reference, {
      during: (_phase, { proxy }) => {
        proxy.add({
          match: watches(),
          fault: () => {
            streams += 1;
            return { do: 'stream', endAfter: 2000, ...(streams % 2 === 0 && late(1500)) };
          },
        });
        world.proxy.endWatches();
      },
      seconds: 40,
    });
  },
});

row('B3', 'nothing is made twice or rolled out twice while every event is 2 s late', stage, {
  injected: 'each watch 2 s behind',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      during: (phase, { proxy }) => {
        if (phase !== 'create') return;
        proxy.add({ match: watches(), fault: () => ({ do: 'stream', ...late(2000) }) });
        world.proxy.endWatches();
      },
      lasting: true,
      seconds: 60,
    }),
});

row('B3', 'a workload that was annotated before the first start is written for once while every event is 2 s late', stage, {
  injected: 'each watch 2 s behind from the start on, which makes the default stack',
  cases: ['create', 'inject'],
  run: async ({ world }) => {
    const { proxy, admin } = world;
    await world.reset();
    const config = world.base.find(({ metadata }) => metadata.name === DEFAULT_STACK_CONFIG);
    if (config === undefined) throw new Error(`dist has no ConfigMap ${DEFAULT_STACK_CONFIG}`);
    await admin.apply(config);
    await ACTS.inject(world);
    const delayed = proxy.add({ match: watches(), fault: () => ({ do: 'stream', ...late(2000) }) });
    await world.restart();
    await eventually('the variables', async () => (await template(world)).includes('OTEL_'), 90);
    await quiet(world, 5000);
    const told = proxy.passed
      .filter(({ request }) => request.verb === 'create' && request.resource === 'events')
      .map(({ request }) => JSON.parse(request.body) as { readonly reason: string; readonly involvedObject: { readonly kind: string } })
      .flatMap(({ reason, involvedObject }) => (involvedObject.kind === 'Deployment' ? [reason] : []));
    const patches = objectWrites(proxy.passed).filter(({ request }) => request.resource === 'deployments').length;
    if (patches !== 2 || told.join() !== 'Injected') throw new Error(`${patches} patches of the Deployment, told ${told.join()}`);
    return `${delayed.struck} late streams, one patch and one release of the Deployment, ${await silent(world)}`;
  },
});

let missed = 0;
row('C1', 'a lost event of each type is made up for by the next list, and counted', stage, {
  injected: 'every first ADDED, MODIFIED and DELETED event of a kind is dropped, then a relist',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    const result = await journey(world, reference, {
      during: (_phase, { proxy }) => {
        const streams = new Map<string, number>();
        const dropped = new Set<string>();
        const drop = ({ text, type, kind }: WatchLine): readonly StreamStep[] => {
          const key = `${type} ${kind}`;
          if (type === 'BOOKMARK' || dropped.has(key)) return [text];
          dropped.add(key);
          return [];
        };
        // Of each kind: a stream that loses events, one that calls for a list, and then streams without a fault.
        const faults: readonly Fault[] = [
          { do: 'stream', line: drop, endAfter: 3000 },
          { do: 'stream', start: [errorEvent(410, 'Expired'), { end: true }] },
        ];
        const next = ({ url }: { readonly url: string }): Fault => {
          const kind = url.split('?')[0] ?? '';
          const count = streams.get(kind) ?? 0;
          streams.set(kind, count + 1);
          return faults[count] ?? { do: 'stream' };
        };
        proxy.add({ match: watches(), fault: next });
        world.proxy.endWatches();
      },
      // Of two edits of a kind the first is lost and the second tells that there was one. The stream that loses it lasts 3 s, the list comes
      // a second after.
      acted: async (phase, { admin }) => {
        for (const name of ['shop', 'duotel'])
          await admin.patch('Namespace', name, { metadata: { annotations: { 'example.com/note': phase } } });
        await sleep(5000);
      },
      after: async (phase) => {
        if (phase === 'prune') missed = await metric(world, 'duotel_watch_missed_events_total');
      },
      seconds: 40,
    });
    if (missed === 0) throw new Error('no lost event was counted by duotel_watch_missed_events_total');
    return { ...result, note: `${missed} lost events counted` };
  },
});

/** Sum over all labels. */
async function metric(world: World, name: string): Promise<number> {
  const { body } = await world.operator.get('/metrics');
  const lines = body.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

row('C2', 'duplicated, reordered and coalesced events lead to the same end', stage, {
  injected: 'each event twice, or the last MODIFIED of several only, kinds up to 400 ms apart',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      during: (phase, { proxy }) => {
        if (phase !== 'create') return;
        let streams = 0;
        proxy.add({
          match: watches(),
          fault: () => {
            streams += 1;
            return { do: 'stream', batch: { ms: 50 + ((streams * 97) % 350), edit: streams % 2 === 0 ? coalesced : doubled } };
          },
        });
        world.proxy.endWatches();
      },
      lasting: true,
      seconds: 40,
    }),
});

function doubled(lines: readonly WatchLine[]): readonly string[] {
  return lines.flatMap(({ text }) => [text, text]);
}

/** What a watch cache that is behind makes of several changes of one object: the last. */
function coalesced(lines: readonly WatchLine[]): readonly string[] {
  const isSuperseded = ({ type, name, namespace }: WatchLine, index: number): boolean =>
    type === 'MODIFIED' && lines.slice(index + 1).some((later) => later.name === name && later.namespace === namespace);
  return lines.filter((line, index) => !isSuperseded(line, index)).map(({ text }) => text);
}

row('C3', 'an annotation that comes and goes while the operator is cut off leaves nothing', stage, {
  injected: 'API server unreachable while a workload is annotated, and while it is reverted',
  cases: ['inject'],
  run: async ({ world, reference }) => {
    const { proxy, admin } = world;
    const off = async (act: () => Promise<unknown>): Promise<void> => {
      await proxy.refuse();
      await act();
      await sleep(1500);
      await proxy.listen();
    };
    await installed({ world, reference });
    await off(() => ACTS.inject(world));
    await settle(world, 'inject', reference.inject, 90);
    await off(() => ACTS.revert(world));
    await eventually('the variables to be gone', async () => !(await template(world)).includes('OTEL_'), 90);
    await quiet(world, 1000);
    const before = await template(world);
    const mark = proxy.passed.length;
    await off(async () => {
      await ACTS.inject(world);
      await ACTS.revert(world);
    });
    const isBack = ({ request, status }: (typeof proxy.passed)[number]): boolean => watches('deployments')(request) && status === 200;
    await eventually('the operator to watch again', async () => proxy.passed.slice(mark).some(isBack), 90);
    await sleep(1000);
    await quiet(world, 2500);
    const silence = await silent(world);
    const after = await admin.get('Deployment', 'my-rag', 'shop');
    if ((await template(world)) !== before) throw new Error('an annotation that came and went while cut off changed the workload');
    if (JSON.stringify(after?.metadata.annotations ?? {}).includes('duotel.io/injected')) throw new Error('the record is still there');
    const copies = await admin.list('ConfigMap', 'shop', 'app.kubernetes.io/managed-by=duotel');
    if (copies.length > 0) throw new Error(`copies are left: ${copies.map(({ metadata }) => metadata.name).join(', ')}`);
    return `3 outages; variables, record and copies gone, ${silence}`;
  },
});

async function template({ admin }: World): Promise<string> {
  return JSON.stringify((await admin.get('Deployment', workload().metadata.name, 'shop'))?.['spec']);
}
