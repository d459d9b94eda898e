import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../src/api/kube-object.ts';
import { STACK_LABEL } from '../../../src/api/names.ts';
import { TELEMETRY_STACK } from '../../../src/api/telemetry-stack.ts';
import { objectEntry } from '../../../src/apply/inventory.ts';
import { Metrics } from '../../../src/control/metrics.ts';
import { runOperator } from '../../../src/control/operator.ts';
import { type StackStatus, statusOf } from '../../../src/control/stack-status.ts';
import { type KubeApi, KubeApiError } from '../../../src/kube/kube-api.ts';
import { eventually } from '../../support/eventually.ts';
import { listingApi } from '../../support/listing-api.ts';

const PART: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'duotel-collector', namespace: 'duotel', labels: { [STACK_LABEL]: 'duotel' } },
  spec: {
    template: { metadata: { annotations: { 'duotel.io/config-hash': '1' } }, spec: { containers: [{ name: 'collector', image: 'a' }] } },
  },
};
const STACK: KubeObject = {
  ...TELEMETRY_STACK,
  metadata: { name: 'duotel', namespace: 'duotel', uid: 'u', resourceVersion: '1', generation: 1 },
  spec: { grafana: { mode: 'none' } },
  status: { inventory: [objectEntry(PART)] },
};

/** A cluster whose events are later than everything else: what is written is seen by the answer alone. */
class LateCluster {
  #version = 1;
  readonly #objects: KubeObject[];

  constructor(...objects: readonly KubeObject[]) {
    this.#objects = objects.map((object) => ({ ...object, metadata: { ...object.metadata, resourceVersion: '1' } }));
  }

  find(kind: string): KubeObject | undefined {
    return this.#objects.find((object) => object.kind === kind);
  }

  get api(): KubeApi {
    return {
      ...listingApi(this.#objects, async (path) => {
        throw new KubeApiError(path, { status: 404, reason: 'NotFound', message: path, causes: [] });
      }),
      create: async (_type, object) => object,
      patch: async ({ kind }, _ref, _format, body) => {
        // As long as a real one takes.
        await sleep(20);
        return this.#change(kind, body as KubeObject);
      },
      async *watch(_type, { signal, onOpen }) {
        onOpen?.();
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    };
  }

  #change(kind: string, { metadata, ...fields }: KubeObject): KubeObject {
    const index = this.#objects.findIndex((object) => object.kind === kind);
    const before = this.#objects[index];
    if (before === undefined) throw new Error(`no ${kind} to be patched`);
    this.#version += 1;
    const after = { ...before, ...fields, metadata: { ...before.metadata, ...metadata, resourceVersion: String(this.#version) } };
    this.#objects[index] = after;
    return after;
  }
}

describe('a part of a stack that has lost its label', () => {
  const stop = new AbortController();
  let running: Promise<void> | undefined;
  afterEach(async () => {
    stop.abort();
    await running;
  });

  it('counts for no workload once the label is back, although the event of that is still on its way', async () => {
    const { labels: _, ...robbed } = PART.metadata;
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'duotel' } };
    const cluster = new LateCluster(STACK, namespace, { ...PART, metadata: robbed });
    const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const options = { api: cluster.api, logger: silent, metrics: new Metrics(), namespace: 'duotel', synth: () => [PART] };
    running = runOperator(options, stop.signal);
    await eventually('the label', async () => cluster.find('StatefulSet')?.metadata.labels?.[STACK_LABEL] === 'duotel');
    // Workloads are counted anew half a second after one has changed.
    await sleep(1200);
    const { workloads } = statusOf(cluster.find('TelemetryStack') ?? STACK) as Partial<StackStatus>;
    expect(workloads).toEqual({ injected: 0, pending: 0, blocked: 0, reverted: 0 });
  });
});
