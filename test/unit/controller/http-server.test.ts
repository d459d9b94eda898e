import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Gauge, Registry } from 'prom-client';
import { closeProbes, type Probes, serveProbes } from '../../../src/controller/http-server.ts';

const failing = (): never => {
  throw new Error('password=hunter2');
};

let server: Server | undefined;
afterEach(() => closeProbes(server));

/** Probes that are well but for those given, and what was told of their troubles. */
async function serve(probes: Partial<Probes>) {
  const troubles: string[] = [];
  const onTrouble = (what: string, error: unknown): void => void troubles.push(`${what}: ${String(error)}`);
  const well: Probes = { alive: () => true, notReady: () => undefined, metrics: async () => 'up 1\n', onTrouble };
  server = await serveProbes({ ...well, ...probes }, { host: '127.0.0.1', port: 0 });
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, text: await answer.text() };
  };
  return { ask, port, troubles };
}

describe('a probe that fails', () => {
  const registry = new Registry();
  new Gauge({ name: 'broken', help: 'x', registers: [registry], collect: failing });

  it.each([
    ['/metrics', 'rejects', { metrics: () => Promise.reject(new Error('password=hunter2')) }],
    ['/metrics', 'throws', { metrics: failing }],
    ['/metrics', 'has a gauge that throws', { metrics: () => registry.metrics() }],
    ['/metrics?name[]=up', 'throws', { metrics: failing }],
    ['/healthz', 'throws', { alive: failing }],
    ['/readyz', 'throws', { notReady: failing }],
  ])('%s is answered with 500 when it %s, and the server goes on with the others', async (path, _how, broken: Partial<Probes>) => {
    const { ask, troubles } = await serve(broken);
    const bare = path.split('?')[0];
    expect(await ask(path)).toEqual({ status: 500, text: `${bare} failed: the operator's log says why\n` });
    expect(troubles).toEqual([`${bare}: Error: password=hunter2`]);
    for (const other of ['/healthz', '/readyz', '/metrics'].filter((one) => one !== bare))
      expect([other, (await ask(other)).status]).toEqual([other, 200]);
    expect((await ask(path)).status).toBe(500);
  });

  it('does so also when whoever asked has hung up meanwhile', async () => {
    const begun = Promise.withResolvers<void>();
    const text = Promise.withResolvers<string>();
    const metrics = (): Promise<string> => {
      begun.resolve();
      return text.promise;
    };
    const { ask, port } = await serve({ metrics });
    const socket = connect(port, '127.0.0.1', () => socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'));
    await begun.promise;
    socket.destroy();
    text.reject(new Error('too late'));
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('the server of the probes', () => {
  it('outlives connections that could not be accepted', async () => {
    const { ask, troubles } = await serve({});
    for (const attempt of [1, 2]) server?.emit('error', new Error(`accept EMFILE ${attempt}`));
    expect(troubles).toEqual(['connection: Error: accept EMFILE 1', 'connection: Error: accept EMFILE 2']);
    expect((await ask('/readyz')).status).toBe(200);
  });

  it('says so when it can not listen', async () => {
    const { port } = await serve({});
    const second = serveProbes(
      { alive: () => true, notReady: () => undefined, metrics: async () => '', onTrouble: () => undefined },
      { host: '127.0.0.1', port },
    );
    await expect(second).rejects.toThrow('EADDRINUSE');
  });

  it.each([
    ['/healthz', { alive: () => false }, 503, 'event loop is stuck\n'],
    ['/readyz', { notReady: () => 'not synced yet' }, 503, 'not synced yet\n'],
    ['/metrics', {}, 200, 'up 1\n'],
    ['/', {}, 404, 'not found: /healthz, /readyz and /metrics are served\n'],
  ])('answers %s', async (path, probes: Partial<Probes>, status, text) => {
    const { ask } = await serve(probes);
    expect(await ask(path)).toEqual({ status, text });
  });
});
