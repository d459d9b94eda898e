import { readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SYSTEM_NAMESPACE } from '../../api/names.ts';
import { Metrics } from '../../src/controller/metrics.ts';
import type { KubeApi, ResourceType } from '../../src/kube/kube-api.ts';
import { createKubeApi, type RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { runOperator } from '../../src/operator/run-operator.ts';
import { freePorts } from '../../tools/cluster/free-ports.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { parseExposition, select, total } from '../support/telemetry/exposition.ts';
import { eventually } from '../support/time/eventually.ts';

const cluster = useInstallation({ until: 'manifests', clientSide: true });
const SERVER = /https:\/\/127\.0\.0\.1:\d+/;

/** A wire to the API server that counts connections, each of which is one TLS handshake, and that can be made to swallow everything. */
class Wire {
  connections = 0;
  blackHole = false;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(target: URL) {
    this.#server = createServer((client) => {
      this.connections += 1;
      const upstream = connect(Number(target.port), target.hostname);
      for (const [from, to] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => {
          if (!this.blackHole) to.write(bytes);
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          this.#sockets.delete(from);
          if (!this.blackHole) to.destroy();
        });
      }
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    return `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** The same API, which calls `before` when a patch is about to be sent. */
function hanging(api: RestKubeApi, before: () => void): KubeApi {
  return new Proxy<KubeApi>(api, {
    get(target, property) {
      const member: unknown = Reflect.get(target, property);
      if (typeof member !== 'function') return member;
      return (...args: readonly unknown[]): unknown => {
        if (property === 'patch') before();
        return Reflect.apply(member, target, args);
      };
    },
  });
}

/** Path of an administrator's kubeconfig that goes by the wire. */
async function through(wire: Wire, file: string): Promise<string> {
  const path = `${cluster.kubeconfig}.${file}`;
  writeFileSync(path, readFileSync(cluster.kubeconfig, 'utf8').replace(SERVER, await wire.listen()));
  return path;
}

const serverOf = (): URL => new URL(SERVER.exec(readFileSync(cluster.kubeconfig, 'utf8'))?.[0] ?? '');

describe('the operator on one wire', () => {
  const metrics = new Metrics();
  const stop = new AbortController();
  let wire: Wire;
  let api: RestKubeApi;
  let running: Promise<void>;
  const value = async (name: string): Promise<number> => total(select(parseExposition(await metrics.registry.metrics()), name));
  let url = '';
  let swallowWrites = false;

  beforeAll(async () => {
    wire = new Wire(serverOf());
    api = await createKubeApi({ kubeconfig: await through(wire, 'operator') });
    const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const [port = 0] = await freePorts(1);
    url = `http://127.0.0.1:${port}/readyz`;
    running = runOperator(
      {
        api: hanging(api, () => {
          wire.blackHole ||= swallowWrites;
        }),
        logger: silent,
        metrics,
        namespace: SYSTEM_NAMESPACE,
        listen: { host: '127.0.0.1', port },
      },
      stop.signal,
    );
    running.catch(() => undefined);
  });

  afterAll(async () => {
    stop.abort();
    await running;
    await api.close();
    await wire.close();
  });

  it('makes no TLS handshake for a reconcile, once it has made a few', async () => {
    // In turn: one that is deleted again and again is made more and more rarely.
    const services = ['duotel-collector', 'duotel-prometheus', 'duotel-grafana'];
    let repairs = 0;
    const repair = async (): Promise<void> => {
      const name = services[repairs++ % services.length] ?? '';
      await must(cluster, ['delete', 'service', name, '-n', 'duotel']);
      await eventually('the Service to be back', () => getObject(cluster, `service/${name}`));
    };
    await eventually('the first reconcile', async () => (await value('controller_runtime_reconcile_total')) > 0);
    for (let i = 0; i < 3; i += 1) await repair();
    const [connections, reconciles] = [wire.connections, await value('controller_runtime_reconcile_total')];
    for (let i = 0; i < 10; i += 1) await repair();
    expect((await value('controller_runtime_reconcile_total')) - reconciles).toBeGreaterThanOrEqual(10);
    expect(wire.connections - connections).toBe(0);
  });

  it('is not ready within a minute of the wire swallowing everything, and is again when it no longer does', async () => {
    const ready = async (): Promise<boolean> => (await fetch(url)).status === 200;
    await eventually('readiness', ready);
    wire.blackHole = true;
    await eventually('no readiness', async () => !(await ready()), 61);
    wire.blackHole = false;
    await must(cluster, ['delete', 'service', 'duotel-jaeger', '-n', 'duotel']);
    await eventually('readiness', ready);
    await eventually('the Service to be back', () => getObject(cluster, 'service/duotel-jaeger'));
  });

  it('ends within 30 s of being told to, with a write under way to which no answer comes', async () => {
    swallowWrites = true;
    await must(cluster, ['delete', 'service', 'duotel-jaeger', '-n', 'duotel']);
    await eventually('the write', async () => wire.blackHole);
    const told = performance.now();
    stop.abort();
    await running;
    expect(performance.now() - told).toBeLessThan(30_000);
  });
});

describe('lists and watches of the real API server', () => {
  const type: ResourceType = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
  const query = { labelSelector: 'paged=yes' };
  let api: RestKubeApi;

  beforeAll(async () => {
    api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
    const one = (i: number): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `p${i}`, labels: { paged: 'yes' } },
      data: { key: 'v' },
    });
    const list = { apiVersion: 'v1', kind: 'List', items: Array.from({ length: 7 }, (_, i) => one(i)) };
    await must(cluster, ['create', '-n', 'default', '-f', '-'], JSON.stringify(list));
  });
  afterAll(() => api.close());

  it('come in pages of one state, of metadata alone where no more is wanted', async () => {
    const pages = [];
    for await (const page of api.pages(type, { namespace: 'default', query: { ...query, limit: 3 }, metadataOnly: true })) pages.push(page);
    expect(pages.map(({ items }) => items.length)).toEqual([3, 3, 1]);
    expect(new Set(pages.map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
    const items = pages.flatMap(({ items: some }) => some);
    expect(items.map(({ kind, metadata, data }) => [kind, metadata.name, data])).toEqual(
      Array.from({ length: 7 }, (_, i) => ['ConfigMap', `p${i}`, undefined]),
    );
  });

  it('show the state of an earlier moment when they are asked for it', async () => {
    const { resourceVersion } = await api.list(type, { namespace: 'default', query });
    await must(cluster, ['delete', 'configmap', 'p6', '-n', 'default']);
    const exact = { ...query, limit: 2, resourceVersion, resourceVersionMatch: 'Exact' };
    const then = await api.list(type, { namespace: 'default', query: exact });
    expect([then.items.length, then.resourceVersion]).toEqual([7, resourceVersion]);
    expect((await api.list(type, { namespace: 'default', query })).items).toHaveLength(6);
  });
});
