import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { type KubeApi, KubeApiError } from '../../../../src/kube/kube-api.ts';
import { WriteFence } from '../../../../src/kube/lease/fence.ts';
import { LeaderLease } from '../../../../src/kube/lease/lease.ts';
import { settle, VirtualClock } from '../../../support/time/virtual-clock.ts';

const failure = (status: number, reason: string): KubeApiError => new KubeApiError(reason, { status, reason, message: reason, causes: [] });

/** A Lease in an API server that refuses outdated versions, and that can be made to fail: the clock of the test decides everything. */
class LeaseServer {
  lease: KubeObject | undefined;
  /** What the next requests run into; `lost`: it is carried out, but no answer comes. */
  fault: 'none' | 'down' | 'lost' = 'none';
  #version = 0;

  get holder(): unknown {
    return (this.lease?.['spec'] as { holderIdentity?: string } | undefined)?.holderIdentity;
  }

  /** Somebody with kubectl. */
  set(spec: object | undefined): void {
    this.#version += 1;
    const metadata = { name: 'l', namespace: 'n', resourceVersion: String(this.#version) };
    this.lease =
      spec === undefined
        ? undefined
        : { apiVersion: 'v1', kind: 'Lease', metadata, spec: { ...(this.lease?.['spec'] as object), ...spec } };
  }

  /** From a backup, which had the lease of then; undefined: it had none. */
  restore(version: number, backup: KubeObject | undefined): void {
    this.#version = version;
    this.lease = backup;
  }

  /** `link`: what keeps this one client from the server. */
  api(link: { down: boolean } = { down: false }): KubeApi {
    const answered = (): KubeObject => {
      if (this.fault === 'lost' || this.lease === undefined) throw failure(0, 'Unreachable');
      return this.lease;
    };
    const up = (): void => {
      if (this.fault === 'down' || link.down) throw failure(500, 'InternalError');
    };
    return {
      resourceType: async () => ({ apiVersion: 'v1', kind: 'Lease', plural: 'leases', namespaced: true }),
      get: async () => {
        up();
        return this.lease;
      },
      create: async (_type: unknown, object: KubeObject) => {
        up();
        if (this.lease !== undefined) throw failure(409, 'AlreadyExists');
        this.set(object['spec'] as object);
        return answered();
      },
      patch: async (_type: unknown, _ref: unknown, _patchType: unknown, body: { metadata: { resourceVersion: string }; spec: object }) => {
        up();
        if (this.lease === undefined) throw failure(404, 'NotFound');
        if (this.lease.metadata.resourceVersion !== body.metadata.resourceVersion) throw failure(409, 'Conflict');
        this.set(body.spec);
        return answered();
      },
    } as unknown as KubeApi;
  }
}

/** A candidate with clocks of its own: what its time of day says is its own affair. */
function candidate(server: LeaseServer, clock: VirtualClock, identity: string, wallClock: () => number = () => 0) {
  const fence = new WriteFence([() => clock.now()]);
  const stop = new AbortController();
  const link = { down: false };
  const troubles: string[] = [];
  const lease = new LeaderLease({
    api: server.api(link),
    fence,
    namespace: 'n',
    name: 'l',
    identity,
    clock,
    random: () => 0,
    wallClock,
    onTrouble: (error) => troubles.push(String(error)),
  });
  let outcome: string | undefined;
  const running = lease.run(stop.signal).then((how) => {
    outcome = how;
  });
  return { fence, stop, lease, link, running, troubles, outcome: () => outcome };
}

describe('a lease', () => {
  it('opens the fence of the first that asks, and of no other', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    const a = candidate(server, clock, 'a');
    const b = candidate(server, clock, 'b');
    await clock.advance(60_000);
    expect([a.fence.open, b.fence.open]).toEqual([true, false]);
    expect(() => b.fence.check()).toThrow('not ours');
  });

  it('goes to another at once when it was given back, with the fence of the old holder shut', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    const a = candidate(server, clock, 'a');
    await clock.advance(10_000);
    const b = candidate(server, clock, 'b');
    await clock.advance(3000);
    a.stop.abort();
    await settle();
    await a.running;
    expect([a.outcome(), a.fence.open]).toEqual(['ended', false]);
    await clock.advance(2500);
    expect(b.fence.open).toBe(true);
  });

  it('shuts the fence before anybody else may take it, when it cannot be renewed', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    const a = candidate(server, clock, 'a');
    const b = candidate(server, clock, 'b');
    await clock.advance(20_000);
    server.fault = 'down';
    let shutAt: number | undefined;
    for (let i = 0; i < 12; i += 1) {
      await clock.advance(1000);
      if (!a.fence.open) shutAt ??= clock.now();
    }
    expect(shutAt).toBeLessThanOrEqual(30_000);
    expect(a.outcome()).toBe('lost');
    server.fault = 'none';
    await clock.advance(2000);
    expect(b.fence.open).toBe(false);
    await clock.advance(18_000);
    expect(b.fence.open).toBe(true);
  });

  it('is never held by two, whatever the times of day are and however they jump', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    const a = candidate(server, clock, 'a', () => clock.now() + 300_000);
    const b = candidate(server, clock, 'b', () => (clock.now() % 7000 < 3500 ? -300_000 : 3_000_000) + clock.now() + 400_000);
    for (let i = 0; i < 120; i += 1) {
      await clock.advance(1000);
      expect(a.fence.open && b.fence.open).toBe(false);
      if (i === 40) server.set({ renewTime: '1999-01-01T00:00:00.000000Z' });
    }
    expect(a.fence.open).toBe(true);
  });

  it('lets no write through after a pause, and does not make itself look alive', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    // The paused process: its clock jumps without its timers having run.
    let paused = 0;
    const own = new VirtualClock();
    const skewed = Object.assign(own, { now: () => VirtualClock.prototype.now.call(own) + paused });
    const a = candidate(server, skewed as VirtualClock, 'a');
    await own.advance(5000);
    expect(a.fence.open).toBe(true);
    const version = server.lease?.metadata.resourceVersion;
    paused = 30_000;
    expect(() => a.fence.check()).toThrow('not ours');
    await own.advance(2000);
    expect(a.outcome()).toBe('lost');
    expect(server.lease?.metadata.resourceVersion).toBe(version);
    void clock;
  });

  it('that was stolen ends the old holder, and opens the fence of the named one only after a whole duration', async () => {
    for (const theft of [{ holderIdentity: 'b' }, { holderIdentity: '' }, { holderIdentity: 'nobody' }, undefined]) {
      const [server, clock] = [new LeaseServer(), new VirtualClock()];
      const a = candidate(server, clock, 'a');
      await clock.advance(5000);
      const b = candidate(server, clock, 'b');
      await clock.advance(3000);
      // The answer that would tell the old holder does not reach it.
      server.fault = 'none';
      server.set(theft);
      for (let i = 0; i < 40; i += 1) {
        await clock.advance(500);
        expect(a.fence.open && b.fence.open).toBe(false);
      }
      await clock.advance(20_000);
      expect(a.fence.open !== b.fence.open).toBe(true);
    }
  });

  it('that was won by a write whose answer was lost is found to be ours', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    server.fault = 'lost';
    const a = candidate(server, clock, 'a');
    await settle();
    expect([server.holder, a.fence.open]).toEqual(['a', false]);
    server.fault = 'none';
    await clock.advance(2000);
    expect(a.fence.open).toBe(true);
  });

  it('that was won by a write whose answer was lost is not taken back from whoever has it by now', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    server.fault = 'lost';
    const a = candidate(server, clock, 'a');
    await settle();
    server.fault = 'none';
    a.link.down = true;
    const b = candidate(server, clock, 'b');
    await clock.advance(20_000);
    expect([server.holder, b.fence.open]).toEqual(['b', true]);
    a.link.down = false;
    for (let i = 0; i < 40; i += 1) {
      await clock.advance(500);
      expect([server.holder, a.fence.open, b.fence.open]).toEqual(['b', false, true]);
    }
  });

  it('goes on when a renewal was carried out and its answer lost', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    const a = candidate(server, clock, 'a');
    await clock.advance(5000);
    server.fault = 'lost';
    await clock.advance(2000);
    server.fault = 'none';
    await clock.advance(30_000);
    expect([a.fence.open, a.outcome()]).toEqual([true, undefined]);
  });
});

describe('a lease in a cluster that was restored from a backup', () => {
  it('ends the process that leads and the one that waits within seconds, with the fence shut', async () => {
    for (const backed of ['held', 'absent'] as const) {
      const [server, clock] = [new LeaseServer(), new VirtualClock()];
      const a = candidate(server, clock, 'a');
      await clock.advance(5000);
      const b = candidate(server, clock, 'b');
      const [version, backup] = [Number(server.lease?.metadata.resourceVersion), server.lease];
      await clock.advance(60_000);
      if (backed === 'held') server.restore(version, backup);
      else server.restore(0, undefined);
      await clock.advance(6000);
      expect([a.outcome(), a.fence.open]).toEqual(['lost', false]);
      expect([b.outcome(), b.fence.open]).toEqual(['lost', false]);
      expect([...a.troubles, ...b.troubles].filter((text) => text.includes('restored from a backup'))).toHaveLength(2);
    }
  });

  it('is renewed by a process that started after it', async () => {
    const [server, clock] = [new LeaseServer(), new VirtualClock()];
    const a = candidate(server, clock, 'a');
    await clock.advance(60_000);
    server.restore(1, server.lease && { ...server.lease, metadata: { ...server.lease.metadata, resourceVersion: '1' } });
    await clock.advance(6000);
    const next = candidate(server, clock, 'next');
    await clock.advance(60_000);
    expect([a.fence.open, next.fence.open, next.outcome()]).toEqual([false, true, undefined]);
  });
});

describe('a fence', () => {
  it('goes by the clock that says it is later, so that a machine that slept does not write', () => {
    const now = [0, 0];
    const fence = new WriteFence([() => now[0] ?? 0, () => now[1] ?? 0]);
    fence.extend(fence.mark(), 10_000);
    expect(fence.open).toBe(true);
    now[1] = 10_000;
    expect(fence.open).toBe(false);
    fence.extend(fence.mark(), 10_000);
    expect(fence.open).toBe(false);
  });
});
