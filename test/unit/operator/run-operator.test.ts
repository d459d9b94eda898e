import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { stringify } from 'yaml';
import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { DEFAULT_STACK_CONFIG, STACK_LABEL } from '../../../api/names.ts';
import { type StackStatus, statusOf } from '../../../api/stack-status.ts';
import { TELEMETRY_STACK } from '../../../api/telemetry-stack.ts';
import { objectEntry } from '../../../src/apply/inventory.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { type KubeApi, KubeApiError } from '../../../src/kube/kube-api.ts';
import { runOperator } from '../../../src/operator/run-operator.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { eventually } from '../../support/time/eventually.ts';
import { namespaceObject, workload } from '../../support/workloads/injection.ts';

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

  /** What was patched, in this order. */
  readonly patched: string[] = [];
  /** Kinds that may not be patched, and namespaces in which nothing may be listed. */
  readonly forbidden = new Set<string>();

  find(kind: string): KubeObject | undefined {
    return this.#objects.find((object) => object.kind === kind);
  }

  get api(): KubeApi {
    const listing = listingApi(this.#objects, async (path) => {
      throw refusal(404, 'NotFound', path);
    });
    return {
      ...listing,
      pages: (type, options) => {
        if (this.forbidden.has(options?.namespace ?? '')) throw refusal(403, 'Forbidden', `list ${type.plural} in ${options?.namespace}`);
        return listing.pages(type, options);
      },
      delete: async ({ kind }) => {
        this.#objects.splice(
          this.#objects.findIndex((object) => object.kind === kind),
          1,
        );
        return true;
      },
      create: async (_type, object) => object,
      patch: async ({ kind }, _ref, format, body) => {
        // As long as a real one takes.
        await sleep(20);
        if (this.forbidden.has(kind)) throw refusal(403, 'Forbidden', `patch ${kind}`);
        return this.#change(kind, body as KubeObject, format === 'application/apply-patch+yaml');
      },
      async *watch(_type, { signal, onOpen }) {
        onOpen?.();
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    };
  }

  #change(kind: string, { metadata, ...fields }: KubeObject, mayCreate: boolean): KubeObject {
    const found = this.#objects.findIndex((object) => object.kind === kind);
    if (found < 0 && !mayCreate) throw new Error(`no ${kind} to be patched`);
    const index = found < 0 ? this.#objects.length : found;
    const before = this.#objects[index] ?? { ...fields, metadata };
    this.patched.push(kind);
    this.#version += 1;
    const after = { ...before, ...fields, metadata: { ...before.metadata, ...metadata, resourceVersion: String(this.#version) } };
    this.#objects[index] = after;
    return after;
  }
}

function refusal(status: number, reason: string, message: string): KubeApiError {
  return new KubeApiError(message, { status, reason, message, causes: [] });
}

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

let running: Promise<void> | undefined;
let stop = new AbortController();

/** The operator on this cluster, until the end of the test. */
function operate({ api }: LateCluster, synth: () => readonly KubeObject[], scope?: readonly string[]): void {
  stop = new AbortController();
  const options = { api, logger: SILENT, metrics: new Metrics(), namespace: 'duotel', synth, ...(scope && { scope }) };
  running = runOperator(options, stop.signal);
}

afterEach(async () => {
  stop.abort();
  await running;
});

describe('a part of a stack that has lost its label', () => {
  it('counts for no workload once the label is back, although the event of that is still on its way', async () => {
    const { labels: _, ...robbed } = PART.metadata;
    const asking = { ...PART, metadata: { ...robbed, annotations: { [ANNOTATION.backend]: 'both' } } };
    const cluster = new LateCluster(STACK, namespaceObject({}, 'duotel'), asking);
    operate(cluster, () => [PART]);
    await eventually('the label', async () => cluster.find('StatefulSet')?.metadata.labels?.[STACK_LABEL] === 'duotel');
    const counted = (): Partial<StackStatus>['workloads'] => statusOf(cluster.find('TelemetryStack') ?? STACK).workloads;
    const none = { injected: 0, pending: 0, blocked: 0, reverted: 0 };
    await eventually('the count', async () => isDeepStrictEqual(counted(), none));
    // Workloads are counted anew half a second after one has changed.
    await sleep(1200);
    expect(counted()).toEqual(none);
  });
});

const { status: _, ...described } = STACK;
const DEFAULT_STACK: KubeObject = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: DEFAULT_STACK_CONFIG, namespace: 'duotel' },
  data: { 'telemetrystack.yaml': stringify(described) },
};
const namespaces = [namespaceObject({}, 'duotel'), namespaceObject()];

describe('a default stack whose event is still on its way', () => {
  it('is carried out', async () => {
    const cluster = new LateCluster(DEFAULT_STACK, ...namespaces);
    operate(cluster, () => []);
    await eventually('its status', async () => cluster.find('TelemetryStack')?.['status'] !== undefined);
  });

  it.each([
    ['of a new installation', []],
    ['of an upgrade', [{ ...STACK, spec: { ...(STACK['spec'] as object), injection: { protocol: 'grpc' } } }]],
  ])('%s is what a workload is injected for, and that is written once', async (_case, before) => {
    const app = workload({ annotations: { 'duotel.io/backend': 'both' } });
    const cluster = new LateCluster(DEFAULT_STACK, ...before, ...namespaces, app);
    operate(cluster, () => []);
    await eventually('a record', async () => cluster.find('Deployment')?.metadata.annotations?.[ANNOTATION.injected] !== undefined);
    expect(JSON.stringify(cluster.find('Deployment'))).toContain(':4318');
    await sleep(500);
    expect(cluster.patched.filter((kind) => kind === 'Deployment')).toEqual(['Deployment']);
  });
});

describe('a default stack that cannot be made', () => {
  it('keeps nobody waiting, costs nothing that is there, and is made when it can be', async () => {
    const app = workload({ annotations: { 'duotel.io/backend': 'both' } });
    const left = { ...PART, metadata: { ...PART.metadata, labels: { [STACK_LABEL]: 'former' } } };
    const cluster = new LateCluster(DEFAULT_STACK, ...namespaces, app, left);
    cluster.forbidden.add('TelemetryStack');
    operate(cluster, () => []);
    await eventually('a word to the workload', async () => cluster.find('Deployment')?.metadata.annotations?.[ANNOTATION.status]);
    expect(cluster.find('StatefulSet')).toBeDefined();

    cluster.forbidden.clear();
    await eventually('the stack', async () => cluster.find('TelemetryStack')?.['status'] !== undefined);
    await eventually('the end of what no stack wants', async () => cluster.find('StatefulSet') === undefined);
  });
});

describe('a stack whose objects cannot be made', () => {
  it('counts the workloads that are injected for it all the same', async () => {
    const app = workload({ annotations: { 'duotel.io/backend': 'both' } });
    const cluster = new LateCluster(STACK, namespaceObject({}, 'duotel'), namespaceObject(), app);
    operate(cluster, () => {
      throw new Error('no objects today');
    });
    const status = (): Partial<StackStatus> => statusOf(cluster.find('TelemetryStack') ?? STACK);
    await eventually('the count', async () => status().workloads?.injected === 1);
    const ready = () => status().conditions?.find(({ type }) => type === 'Ready')?.message;
    expect(await eventually('the condition', async () => ready())).toContain('no objects today');
  });
});

describe('a namespace in scope', () => {
  it.each([
    ['is gone, and its Role with it', []],
    ['is there without its Role', [namespaceObject({}, 'lab')]],
  ])('that %s holds the others up for seconds at most', async (_case, lab) => {
    const app = workload({ annotations: { 'duotel.io/backend': 'both' } });
    const cluster = new LateCluster(STACK, ...namespaces, ...lab, app);
    cluster.forbidden.add('lab');
    operate(cluster, () => [], ['shop', 'lab']);
    await eventually('a record', async () => cluster.find('Deployment')?.metadata.annotations?.[ANNOTATION.injected] !== undefined);
  });
});
