import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthority } from '../../tools/cluster/certificates.ts';
import { auditEvents, auditMark, line, operatorWrites } from '../support/cluster/audit-log.ts';
import { eventually } from '../support/time/eventually.ts';
import { ALL_CASES } from './support/case.ts';
import { status } from './support/fault.ts';
import { FaultProxy } from './support/fault-proxy.ts';
import { ACTS, counts, SILENCE_SECONDS, settle, silent } from './support/journey.ts';
import { objectWrites, writes } from './support/match.ts';
import type { OperatorProcess } from './support/operator-process.ts';
import { row, type Stage, useWorld } from './support/row.ts';
import { differences } from './support/snapshot.ts';
import { type World, workload } from './support/world.ts';

const stage = useWorld();
const LEASE = 'duotel-operator';
const APP = workload().metadata.name;

/** Two operators that know of each other by the lease only, each with a name in the audit log. */
interface Pair {
  readonly a: OperatorProcess;
  readonly b: OperatorProcess;
  readonly proxyA: FaultProxy;
  readonly proxyB: FaultProxy;
  /** Writers in the order of the audit log since the pair was started, each time that it changes: `a`, `ab`, `aba`. */
  writers(): string;
  /** Nothing is written by either for {@link SILENCE_SECONDS}. @returns that, for people. */
  silent(): Promise<string>;
  /** What a kubelet does when both have ended: an operator that has lost its lease ends. */
  startAnew(): void;
  close(): Promise<void>;
}

async function pair(world: World): Promise<Pair> {
  const authority = await createAuthority('pair-ca');
  world.writeCa(authority);
  const proxyA = new FaultProxy(world.admin.server, world.admin.ca, authority, 'a');
  const proxyB = new FaultProxy(world.admin.server, world.admin.ca, authority, 'b');
  await Promise.all([proxyA.listen(), proxyB.listen()]);
  const mark = auditMark(world.cluster.auditLog);
  const wrote = () => {
    const own = auditEvents(world.cluster.auditLog, mark).map((event) => ({ ...event, label: event.userAgent.split(' ')[1] ?? '' }));
    return operatorWrites(own.map((event) => ({ ...event, userAgent: event.userAgent.split(' ')[0] ?? '' }))) as typeof own;
  };
  const start = (proxy: FaultProxy, name: string): OperatorProcess =>
    world.launch({ kubeconfig: world.kubeconfig(proxy, name), args: ['--leader-elect'] });
  const a = start(proxyA, 'kubeconfig-a');
  await eventually('A to lead', async () => (await holder(world)) !== '', 90);
  const b = start(proxyB, 'kubeconfig-b');
  return {
    a,
    b,
    proxyA,
    proxyB,
    writers: () =>
      wrote()
        .map(({ label }) => label)
        .filter((label, index, all) => label !== all[index - 1])
        .join(''),
    async silent() {
      await eventually(
        'nothing to be written for two seconds',
        async () => {
          const sofar = wrote().length;
          await sleep(2000);
          return wrote().length === sofar;
        },
        60,
      );
      const before = wrote().length;
      await sleep(SILENCE_SECONDS * 1000);
      const late = wrote().slice(before).map(line);
      if (late.length > 0) throw new Error(`${late.length} writes in ${SILENCE_SECONDS} s of silence: ${late.slice(0, 6).join('; ')}`);
      return `0 writes in ${SILENCE_SECONDS} s of silence`;
    },
    startAnew() {
      start(proxyA, 'kubeconfig-a');
      start(proxyB, 'kubeconfig-b');
    },
    async close() {
      for (const operator of world.operators) await operator.kill();
      await proxyA.close();
      await proxyB.close();
      world.writeCa(world.authority);
    },
  };
}

async function holder({ admin }: World): Promise<string> {
  return ((await admin.get('Lease', LEASE))?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity ?? '';
}

/** Something to write about, all the time, until it is told to stop. */
function churn(world: World): () => Promise<void> {
  let on = true;
  const running = (async () => {
    for (let i = 0; on; i += 1) {
      await world.admin.delete('Service', ['duotel-jaeger', 'duotel-prometheus'][i % 2] ?? '').catch(() => undefined);
      await sleep(250);
    }
  })();
  return async () => {
    on = false;
    await running;
  };
}

async function installedPair({ world, reference }: Stage): Promise<Pair> {
  await world.reset();
  const both = await pair(world);
  await both.a.started();
  await ACTS.create(world);
  await settle(world, 'create', reference.create, 90);
  return both;
}

row('G1', 'a leader that was stopped for 30 s writes nothing when it goes on', stage, {
  injected: 'SIGSTOP for 30 s with changes meanwhile, a second operator waiting',
  cases: ALL_CASES,
  run: async (at) => {
    const { world, reference } = at;
    const both = await installedPair(at);
    const stop = churn(world);
    try {
      await eventually('B to stand by with its caches', async () => (await both.b.get('/readyz')).status === 200, 90);
      both.a.signal('SIGSTOP');
      await ACTS.inject(world);
      const begun = performance.now();
      await eventually('B to write', async () => both.writers().endsWith('b'), 90);
      const taken = (performance.now() - begun) / 1000;
      await eventually(
        'B to inject',
        async () => JSON.stringify(await world.admin.get('Deployment', APP, 'shop')).includes('duotel.io/injected'),
        90,
      );
      await ACTS.update(world);
      await sleep(Math.max(0, 30_000 - (performance.now() - begun)));
      both.a.signal('SIGCONT');
      await sleep(8000);
      await stop();
      for (const phase of ['prune', 'revert', 'delete'] as const) {
        await ACTS[phase](world);
        await settle(world, phase, reference[phase], 90);
      }
      const silence = await both.silent();
      if (both.writers() !== 'ab') throw new Error(`writers in the order of the audit log: ${both.writers()}`);
      return `writers in the order of the audit log: a, then b after ${taken.toFixed(0)} s; 0 writes of a after it went on; ${silence}`;
    } finally {
      await stop();
      await both.close();
    }
  },
});

row('G2', 'there is never a second writer when the lease is stolen, its API fails or clocks jump', stage, {
  injected: 'lease given to a third party with renewTime +5 min; lease API 500 for 25 s for the leader; wall clocks +5 and -5 min',
  cases: ['create', 'update', 'inject'],
  run: async (at) => {
    const { world, reference } = at;
    const { admin } = world;
    const both = await installedPair(at);
    const stop = churn(world);
    const time = (ms: number): string => new Date(Date.now() + ms).toISOString().replace('Z', '000Z');
    try {
      // Clocks of the two jump apart: nothing happens.
      await both.a.ask('shift', 300_000);
      await both.b.ask('shift', -300_000);
      await sleep(20_000);
      if (both.writers() !== 'a') throw new Error(`after the clocks: ${both.writers()}`);
      // Times in the lease that are of the past and of the future: by them it would have expired, or never expire.
      await admin.patch('Lease', LEASE, { spec: { renewTime: time(-300_000) } });
      await sleep(4000);
      if (both.writers() !== 'a') throw new Error(`after a renewTime of the past: ${both.writers()}`);
      // The leader cannot reach the lease; everything else it can.
      both.proxyA.add({ match: ({ resource }) => resource === 'leases', fault: status(500, 'InternalError', 'injected') });
      await ACTS.inject(world);
      await eventually('B to write', async () => both.writers().endsWith('b'), 90);
      await sleep(5000);
      both.proxyA.clear();
      await sleep(3000);
      if (both.writers() !== 'ab') throw new Error(`after the lease API was away: ${both.writers()}`);
      // Stolen from B by somebody who never writes: B must fall silent, and nobody else may begin before the lease has run out.
      const mark = both.proxyB.passed.length;
      await admin.patch('Lease', LEASE, { spec: { holderIdentity: 'thief', renewTime: time(300_000), leaseDurationSeconds: 15 } });
      await sleep(11_000);
      const late = both.proxyB.passed.slice(mark).filter((one) => one.write && performance.now() - one.at < 500).length;
      if (late > 0) throw new Error(`${late} writes 11 s after the lease was stolen`);
      const text = both.writers();
      if (text !== 'ab') throw new Error(`after the theft: ${text}`);
      if (both.a.running || both.b.running) throw new Error('an operator that has lost its lease goes on');
      // The thief renews nothing: when its lease has run out, one of the two goes on alone with what has come up meanwhile.
      both.startAnew();
      await ACTS.update(world);
      await stop();
      await settle(world, 'update', reference.update, 90);
      const silence = await both.silent();
      const after = both.writers().slice('ab'.length);
      if (after.length > 1) throw new Error(`writers after the theft: ${after}`);
      const alone = after === '' ? 'b' : after;
      return `writers in the order of the audit log: a, then b; none within 11 s of the theft, then ${alone} alone; wall clocks and renewTime without effect; ${silence}`;
    } finally {
      await stop();
      await both.close();
    }
  },
});

row('G3', 'SIGTERM in the middle of an apply ends the process cleanly and gives the lease back', stage, {
  injected: 'SIGTERM after the fifth write of each phase, writes 150 ms slow',
  cases: ALL_CASES,
  run: async ({ world, reference }) => {
    await world.reset();
    let slowest = 0;
    let silence = '';
    for (const phase of ['create', 'inject', 'update', 'prune', 'revert', 'delete'] as const) {
      await world.freeLease();
      const operator = await world.launch({ args: ['--leader-elect'] }).started();
      const mark = world.proxy.passed.length;
      world.proxy.add({ match: writes, fault: { do: 'delay', ms: 150 } });
      await ACTS[phase](world);
      await eventually(
        'some writes',
        async () => world.proxy.passed.slice(mark).filter(({ request }) => objectWrites(request)).length >= 2,
        90,
      );
      const { seconds, byItself } = await operator.terminate();
      slowest = Math.max(slowest, seconds);
      if (!byItself || operator.ending !== 0) throw new Error(`${phase}: ended by ${operator.ending} after ${seconds.toFixed(1)} s`);
      if ((await holder(world)) !== '') throw new Error(`${phase}: the lease is still held by ${await holder(world)}`);
      world.proxy.clear();
      const next = await world.launch({ args: ['--leader-elect'] }).started();
      await settle(world, phase, reference[phase], 90);
      const found = differences(reference[phase].counts, counts(world.proxy.passed.slice(mark)));
      if (found.length > 0) throw new Error(`${phase}: ${found.join('; ')}`);
      if (phase === 'prune') silence = await silent(world);
      await next.terminate();
    }
    for (const { errors } of world.operators) if (errors !== '') throw new Error(errors);
    return `6 phases, slowest end ${slowest.toFixed(1)} s, exit code 0, lease given back; ${silence}`;
  },
});
