import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiRequest } from './support/api-request.ts';
import { ALL_CASES } from './support/case.ts';
import { errorEvent, type Fault, type StreamStep, status, type WatchLine } from './support/fault.ts';
import type { Passed } from './support/fault-proxy.ts';
import { installed } from './support/installed.ts';
import { ACTS, injectedMeanwhile, journey, PHASES, type Phase, settle, silent } from './support/journey.ts';
import { firstOfEach, lists, watches } from './support/match.ts';
import { row, useWorld } from './support/row.ts';
import type { World } from './support/world.ts';

const stage = useWorld();

/** Requests by kind of object. */
function byResource(passed: readonly Passed[]): ReadonlyMap<string, number> {
  const result = new Map<string, number>();
  for (const { request } of passed) result.set(request.resource, (result.get(request.resource) ?? 0) + 1);
  return result;
}

const most = (counts: ReadonlyMap<string, number>): number => Math.max(0, ...counts.values());

row('D1', 'streams that end every second are taken up again, at most one a second', stage, {
  injected: 'each watch ends cleanly after 1 s',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    const result = await journey(world, reference, {
      during: (phase, { proxy }) => {
        if (phase !== 'create') return;
        proxy.add({ match: watches(), fault: { do: 'stream', endAfter: 1000 } });
        proxy.cutAll();
      },
      lasting: true,
      seconds: 30,
    });
    const opened = byResource(world.proxy.passed.filter(({ request }) => request.verb === 'watch'));
    const rate = most(opened) / result.seconds;
    if (rate > 1.1) throw new Error(`${rate.toFixed(2)} watches a second of one kind`);
    // A watch begins with a list of the same objects. Others are looked up besides: one by its name, or those that a creation or the end
    // of a stack must know of.
    const scope = ({ url, query }: ApiRequest): string =>
      [url.split('?')[0], query.get('labelSelector'), query.get('fieldSelector')].join(' ');
    const watched = new Set(world.proxy.passed.filter(({ request }) => request.verb === 'watch').map(({ request }) => scope(request)));
    const opening = world.proxy.passed.filter(({ request }) => lists()(request) && watched.has(scope(request)));
    const listed = byResource(opening);
    // Pods are asked for when something is not ready, and watched by nobody.
    for (const [resource, count] of listed) {
      if (count > 2 && resource !== 'pods') {
        const when = opening.filter(({ request }) => request.resource === resource);
        const seconds = when.map(({ at, request }) => `${((at - (opening[0]?.at ?? 0)) / 1000).toFixed(1)} s ${request.url}`);
        throw new Error(`${count} lists of ${resource}, a stream that ends is no reason for one: ${seconds.join(', ')}`);
      }
    }
    return { ...result, note: `${rate.toFixed(2)} watches a second and kind at most` };
  },
});

row('D1', 'streams that end at once are backed off from', stage, {
  injected: 'each watch ends cleanly at once, for 15 s; inject and update come meanwhile',
  cases: ['update', 'inject'],
  run: async ({ world, reference }) => {
    await installed({ world, reference });
    const mark = world.proxy.passed.length;
    world.proxy.add({ match: watches(), fault: { do: 'stream', start: [{ end: true }] } });
    world.proxy.cutAll();
    await sleep(12_000);
    await ACTS.inject(world);
    await ACTS.update(world);
    await sleep(3000);
    const opened = most(byResource(world.proxy.passed.slice(mark).filter(({ request }) => request.verb === 'watch')));
    if (opened > 15) throw new Error(`${opened} watches of one kind in 15 s`);
    world.proxy.clear();
    await settle(world, 'update', injectedMeanwhile(reference), 90);
    const silence = await silent(world);
    return `${opened} watches of one kind in 15 s, ${silence}`;
  },
});

/** Bytes of the line up to the middle, of a character too when it has one of several bytes there. */
function broken(line: WatchLine, how: 'line' | 'character'): readonly StreamStep[] {
  if (line.type === 'BOOKMARK') return [line.text];
  if (how === 'line') return [line.text.slice(0, line.text.length / 2), { reset: true }];
  const event = JSON.parse(line.text) as { object: { metadata: { annotations?: object } } };
  event.object.metadata.annotations = { ...event.object.metadata.annotations, note: 'żółć' };
  const bytes = Buffer.from(`${JSON.stringify(event)}\n`);
  const middle = bytes.indexOf('ż') + 1;
  // Once in two pieces that belong together, once cut off between them.
  return line.index % 2 === 0
    ? [bytes.subarray(0, middle), { wait: 30 }, bytes.subarray(middle)]
    : [bytes.subarray(0, middle), { reset: true }];
}

row('D2', 'connections that are reset before the headers, in a line and in a character lose no event', stage, {
  injected: 'three resets of each watch in each phase',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    let resets = 0;
    const counted = (steps: readonly StreamStep[]): readonly StreamStep[] => {
      if (steps.some((step) => typeof step === 'object' && 'reset' in step)) resets += 1;
      return steps;
    };
    const result = await journey(world, reference, {
      during: (_phase, { proxy }) => {
        const faults: readonly Fault[] = [
          { do: 'cut' },
          { do: 'stream', line: (line) => counted(broken(line, 'line')) },
          { do: 'stream', line: (line) => counted(broken(line, 'character')) },
        ];
        const seen = new Map<string, number>();
        const next = ({ url }: { readonly url: string }): Fault => {
          const key = url.split('?')[0] ?? '';
          const count = seen.get(key) ?? 0;
          seen.set(key, count + 1);
          return faults[count] ?? { do: 'stream' };
        };
        proxy.add({ match: watches(), fault: next });
        proxy.endWatches();
      },
      seconds: 60,
    });
    const cuts = world.proxy.passed.filter(({ fault }) => fault === 'cut').length;
    return { ...result, note: `${cuts} resets before the headers, ${resets} in a line or a character` };
  },
});

/** One kind of trouble for each phase: the first watch of each kind gets it. */
const TROUBLES: Readonly<Record<Phase, (request: { readonly resource: string }) => Fault>> = {
  create: () => status(410, 'Expired', 'too old resource version'),
  inject: () => ({ do: 'stream', start: [errorEvent(410, 'Expired'), { end: true }] }),
  update: () => ({ do: 'stream', start: [errorEvent(500, 'InternalError'), { end: true }] }),
  prune: () => ({ do: 'stream', start: [errorEvent(403, 'Forbidden'), { end: true }] }),
  revert: () => ({ do: 'stream', start: ['<html>502 Bad Gateway</html>\n'] }),
  delete: ({ resource }) => ({ do: 'stream', line: (line) => [...(resource === 'configmaps' ? [huge(line)] : []), line.text] }),
};

/** An object of 10 MB that nobody knows, in an event before the line. */
function huge({ resourceVersion }: WatchLine): string {
  const metadata = { name: 'huge', namespace: 'elsewhere', uid: 'huge', resourceVersion };
  return `${JSON.stringify({ type: 'ADDED', object: { kind: 'ConfigMap', apiVersion: 'v1', metadata, data: { text: 'x'.repeat(10 * 1024 * 1024) } } })}\n`;
}

row('D5', '410, errors in a stream, garbage and an object of 10 MB are told apart and got over', stage, {
  injected: 'by phase: HTTP 410, ERROR 410, ERROR 500, ERROR 403, a page of HTML, 10 MB',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      during: (phase, { proxy }) => {
        proxy.add({ match: firstOfEach(watches()), fault: (request) => TROUBLES[phase](request) });
        proxy.endWatches();
      },
      seconds: 40,
    }),
});

row('D6', 'lists that fail, at the start and later, and page tokens that expire never empty the cache', stage, {
  injected: 'new process in each phase: each list 500 twice, pages of 2 objects, the second page 410; list of Services hangs once',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      during: async (phase, here) => {
        const { proxy } = here;
        await here.operator.kill();
        proxy.add({ match: firstOfEach(lists(), 2), fault: status(500, 'InternalError', 'injected') });
        if (phase === 'inject') proxy.add({ match: lists('services'), times: 1, fault: { do: 'hang' } });
        proxy.add({
          match: firstOfEach((request) => lists()(request) && request.query.has('continue')),
          fault: status(410, 'Expired', 'continue token expired'),
        });
        proxy.add({
          match: (request) => lists()(request) && request.query.has('limit'),
          fault: ({ url }) => ({ do: 'redirect', url: url.replace(/limit=\d+/, 'limit=2') }),
        });
        await restarted(here);
        if (phase !== PHASES[0]) relist(here);
      },
      seconds: 60,
    }),
});

async function restarted(world: World): Promise<void> {
  await world.freeLease();
  await world.launch().started(60);
}

/** Every stream ends with an error that calls for a new list. */
function relist({ proxy }: World): void {
  proxy.add({ match: firstOfEach(watches()), fault: { do: 'stream', start: [errorEvent(410, 'Expired'), { end: true }] } });
  proxy.endWatches();
}
