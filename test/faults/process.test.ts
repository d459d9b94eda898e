import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/time/eventually.ts';
import { ALL_CASES } from './support/case.ts';
import { ACTS, counts, journey, settle, silent } from './support/journey.ts';
import { writes } from './support/match.ts';
import { row, useWorld } from './support/row.ts';
import { differences } from './support/snapshot.ts';

const stage = useWorld();

row('H2', 'a blocked event loop fails liveness and leaves no partial state', stage, {
  injected: 'event loop blocked for 10 s in each phase, right after the act',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    let least = Number.POSITIVE_INFINITY;
    const result = await journey(world, reference, {
      acted: async (phase, { operator }) => {
        let failed = 0;
        await operator.ask('block', 10_000);
        const end = performance.now() + 9000;
        while (performance.now() < end) if ((await operator.get('/healthz')).status !== 200) failed += 1;
        if (failed < 3) throw new Error(`${phase}: ${failed} failed liveness probes`);
        least = Math.min(least, failed);
        await eventually('liveness to come back', async () => (await operator.get('/healthz')).status === 200);
      },
      seconds: 40,
    });
    return { ...result, note: `${least} failed liveness probes or more in each phase` };
  },
});

row('H2', 'running out of memory in the middle of an apply leaves nothing half done', stage, {
  injected: 'V8 aborts out of memory, in each phase',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    await world.reset();
    let deaths = 0;
    let silence = '';
    for (const phase of ['create', 'inject', 'update', 'prune', 'revert', 'delete'] as const) {
      const mark = world.proxy.passed.length;
      const operator = await world.launch({ nodeOptions: ['--max-old-space-size=64'] }).started();
      world.proxy.add({ match: writes, fault: { do: 'delay', ms: 300 } });
      await ACTS[phase](world);
      operator.tell('exhaust');
      await Promise.race([operator.ended(), sleep(120_000)]);
      if (operator.running) throw new Error(`${phase}: it is still running`);
      if (operator.ending === 'SIGABRT' || operator.ending === 134) deaths += 1;
      world.proxy.clear();
      await world.restart();
      await settle(world, phase, reference[phase], 90);
      const found = differences(reference[phase].counts, counts(world.proxy.passed.slice(mark)));
      if (found.length > 0) throw new Error(`${phase}: ${found.join('; ')}`);
      if (phase === 'prune') silence = await silent(world);
      await world.operator.kill();
    }
    if (deaths < 6) throw new Error(`only ${deaths} deaths by lack of memory`);
    return `${deaths} aborts, the same state and counts after each; ${silence}`;
  },
});

row('H2', 'no disk for temporary files is needed', stage, {
  injected: 'TMPDIR that cannot be written to, and no HOME',
  cases: ALL_CASES,
  run: ({ world, reference }) => journey(world, reference, { operator: { env: { TMPDIR: '/proc/none', HOME: '/proc/none' } } }),
});

row('H2', 'nothing is written for a minute when all is well', stage, {
  injected: 'nothing; the lease is held',
  cases: ['create', 'inject'],
  run: async ({ world, reference }) => {
    await world.reset();
    await world.restart({ args: ['--leader-elect'] });
    await ACTS.create(world);
    await settle(world, 'create', reference.create, 90);
    await ACTS.inject(world);
    await settle(world, 'inject', reference.inject, 90);
    return `${await silent(world)} but for the lease`;
  },
});
