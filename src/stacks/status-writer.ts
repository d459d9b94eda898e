import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../api/names.ts';
import { type StackStatus, statusOf } from '../../api/stack-status.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import type { ClusterCache } from '../controller/cluster-cache.ts';
import type { EventRecorder } from '../controller/events.ts';
import type { WallClock } from '../kube/clock.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { type StackOutcome, stackStatus } from './status.ts';

/** A field manager for the status alone, so that what the operator says and what it makes can be told apart. */
const STATUS_MANAGER = `${FIELD_MANAGER}-status`;

export interface StatusWriterOptions {
  readonly api: KubeApi;
  readonly cache: ClusterCache;
  readonly events: EventRecorder;
  readonly wallClock: WallClock;
}

/** Writes the status of TelemetryStacks, and an event when a stack becomes ready or ceases to be. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Writes what a pass has found, where that is not what the status says already. */
  async report(stack: KubeObject, outcome: StackOutcome): Promise<void> {
    const latest = this.latest(stack);
    const now = new Date(this.#options.wallClock()).toISOString();
    const status = JSON.parse(JSON.stringify(stackStatus(stack, outcome, now))) as StackStatus;
    if (isDeepStrictEqual(statusOf(latest), status)) return;
    const before = statusOf(stack).conditions?.find((one) => one.type === 'Ready');
    const gone = Object.keys(statusOf(latest)).filter((field) => !Object.hasOwn(status, field));
    await this.patch(stack, { ...status, ...Object.fromEntries(gone.map((field) => [field, null])) });
    const ready = status.conditions.find((one) => one.type === 'Ready');
    if (ready === undefined || (before?.status === ready.status && before.reason === ready.reason)) return;
    const type = ready.status === 'True' || ready.reason === 'ComponentsNotReady' || ready.reason === 'Suspended' ? 'Normal' : 'Warning';
    await this.#options.events.record(stack, { type, reason: ready.reason, message: ready.message });
  }

  /** The stack with the status that this pass may have written. */
  latest(stack: KubeObject): KubeObject {
    const { namespace, name, uid } = stack.metadata;
    const latest = this.#options.cache.get(TELEMETRY_STACK.kind, { name, ...(namespace !== undefined && { namespace }) });
    return latest?.metadata.uid === uid && latest !== undefined ? latest : stack;
  }

  /** Names the stack and version that the pass has seen: a status made from the past must not replace a newer inventory. */
  async patch(stack: KubeObject, status: object): Promise<void> {
    const { api, cache } = this.#options;
    const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
    const { uid } = stack.metadata;
    const { resourceVersion } = this.latest(stack).metadata;
    const query = { subresource: 'status', fieldManager: STATUS_MANAGER };
    const body = { metadata: { uid, resourceVersion }, status };
    cache.remember(await api.patch(type, stack.metadata, 'application/merge-patch+json', body, query));
  }
}
