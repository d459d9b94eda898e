import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiRequest } from './support/api-request.ts';
import { ALL_CASES } from './support/case.ts';
import { status } from './support/fault.ts';
import type { Passed } from './support/fault-proxy.ts';
import { describeWrite, journey, type Phase } from './support/journey.ts';
import { anyRequest, firstOfEach, stackStatus, writes } from './support/match.ts';
import { row, useWorld } from './support/row.ts';

const stage = useWorld();

/** Milliseconds between two tries of the same write, over all writes that were tried again. */
function gaps(passed: readonly Passed[]): readonly number[] {
  const last = new Map<string, Passed>();
  return passed.flatMap((one) => {
    if (!one.write) return [];
    const key = describeWrite(one);
    const before = last.get(key);
    last.set(key, one);
    return before?.fault === 'answer' ? [one.at - before.at] : [];
  });
}

const tooMany = (after?: string) =>
  ({ ...status(429, 'TooManyRequests', 'injected'), ...(after !== undefined && { headers: { 'retry-after': after } }) }) as ReturnType<
    typeof status
  >;

row('E1', 'the API server is asked again no earlier than it says', stage, {
  injected: 'each write answered 429 with Retry-After: 1, once',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    const result = await journey(world, reference, {
      during: (_phase, { proxy }) => void proxy.add({ match: firstOfEach(writes), fault: tooMany('1') }),
      seconds: 120,
    });
    const shortest = Math.min(...gaps(world.proxy.passed));
    if (shortest < 990) throw new Error(`a write came again after ${shortest.toFixed(0)} ms, Retry-After was 1 s`);
    return { ...result, note: `again after ${shortest.toFixed(0)} ms or more` };
  },
});

row('E1', 'a storm of 429 without Retry-After is waited out with few requests', stage, {
  injected: 'everything answered 429 for 60 s while the spec changes',
  cases: ['create', 'update', 'prune', 'delete', 'inject'],
  run: async ({ world, reference }) => {
    let rate = 0;
    const result = await journey(world, reference, {
      during: (phase, { proxy }) => void proxy.add({ match: phase === 'update' ? anyRequest : firstOfEach(writes, 2), fault: tooMany() }),
      acted: async (phase, { proxy }) => {
        if (phase !== 'update') return;
        const mark = proxy.passed.length;
        await sleep(60_000);
        rate = (proxy.passed.length - mark) / 60;
        proxy.clear();
      },
      seconds: 90,
    });
    if (rate > 10) throw new Error(`${rate.toFixed(1)} requests a second in the storm`);
    return { ...result, note: `${rate.toFixed(1)} requests a second in the storm` };
  },
});

const CODES: Readonly<Record<Phase, number>> = { create: 500, inject: 502, update: 503, prune: 504, revert: 500, delete: 503 };

row('E2', 'answers of 500, 502, 503 and 504 to any verb are got over', stage, {
  injected: 'first request of each verb and object, watches and lists too, answered 5xx',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      during: (phase, { proxy }) => {
        proxy.add({ match: firstOfEach(anyRequest), fault: status(CODES[phase], 'InternalError', 'injected') });
        proxy.endWatches();
      },
      seconds: 60,
    }),
});

row('E2', 'an API server that is away is waited for, and the operator does not end', stage, {
  injected: 'connections refused for 3 s in each phase, for 60 s in update',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      acted: async (phase, { proxy, operator }) => {
        await proxy.refuse();
        await sleep(phase === 'update' ? 60_000 : 3000);
        if (!operator.running) throw new Error(`the operator ended by ${operator.ending}`);
        await proxy.listen();
      },
      seconds: 60,
    }),
});

row('E3', 'a write whose answer is lost is done once', stage, {
  injected: 'connection reset after each write was carried out, the first time',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    const told = new Map<string, number>();
    const result = await journey(world, reference, {
      during: (_phase, { proxy }) => void proxy.add({ match: firstOfEach(writes), fault: { do: 'lose' } }),
      after: async (phase, { admin }) => {
        if (phase !== 'delete') return;
        for (const namespace of ['duotel', 'shop']) {
          for (const event of await admin.list('Event', namespace)) {
            if ((event['source'] as { component?: string }).component !== 'duotel') continue;
            const about = event['involvedObject'] as { uid: string };
            const key = `${about.uid} ${event['reason']} ${event['message']} ${event['firstTimestamp']}`;
            told.set(key, (told.get(key) ?? 0) + 1);
          }
        }
      },
      seconds: 60,
    });
    const twice = [...told].filter(([, count]) => count > 1);
    if (twice.length > 0) throw new Error(`events written twice: ${twice.map(([key]) => key).join('; ')}`);
    return { ...result, note: `${told.size} events, none twice` };
  },
});

/** A conflict as it is told for each kind of write. */
function conflict(request: ApiRequest): ReturnType<typeof status> {
  if (request.verb === 'create') return status(409, 'AlreadyExists', 'injected: already exists');
  if (stackStatus(request)) return status(409, 'Conflict', 'injected: the object has been modified');
  return status(409, 'Conflict', 'injected: apply failed with 1 conflict', [
    { reason: 'FieldManagerConflict', message: 'conflict with "rival"', field: '.spec' },
  ]);
}

row('E4', 'conflicts on a status, on an apply and on a creation lead to the same end', stage, {
  injected: 'first write of each object answered 409: Conflict, FieldManagerConflict, AlreadyExists',
  cases: ALL_CASES,
  run: ({ world, reference }) =>
    journey(world, reference, {
      during: (_phase, { proxy }) => void proxy.add({ match: firstOfEach(writes), fault: conflict }),
      seconds: 90,
    }),
});
