import { createHash } from 'node:crypto';
import type { KubeObject } from '../../api/kube-object.ts';
import type { WallClock } from '../kube/clock.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { errorText, type Logger } from './logger.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, from a fixed set. */
  readonly reason: string;
  readonly message: string;
}

/** Small on purpose: it remembers what was said last, and is no history. */
const MEMORY = 10_000;

/** Writes core/v1 Events. It does not say the same of an object twice. If an event can't be written, it logs that and gives up. */
export class EventRecorder {
  readonly #api: KubeApi;
  readonly #logger: Logger;
  readonly #wallClock: WallClock;
  readonly #said = new Map<string, string>();

  constructor(api: KubeApi, logger: Logger, wallClock: WallClock) {
    this.#api = api;
    this.#logger = logger;
    this.#wallClock = wallClock;
  }

  async record(object: KubeObject, event: EventText): Promise<void> {
    const { name, namespace = 'default', uid = '' } = object.metadata;
    const said = `${event.reason}\0${event.message}`;
    if (this.#said.get(uid) === said) return;
    this.#said.delete(uid);
    this.#said.set(uid, said);
    const [oldest] = this.#said.keys();
    if (this.#said.size > MEMORY && oldest !== undefined) this.#said.delete(oldest);
    const now = new Date(this.#wallClock()).toISOString();
    const id = createHash('sha256').update(`${uid}\0${said}\0${now}`).digest('hex').slice(0, 16);
    try {
      const type = await this.#api.resourceType('v1', 'Event');
      await this.#api.create(type, {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: `${name.slice(0, 200)}.${id}`, namespace },
        involvedObject: { apiVersion: object.apiVersion, kind: object.kind, name, namespace, uid },
        type: event.type,
        reason: event.reason,
        message: event.message.slice(0, 1024),
        source: { component: 'duotel' },
        reportingComponent: 'duotel.io/operator',
        reportingInstance: '',
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      });
    } catch (error) {
      // The answer to the first try was lost; the second try found the event written.
      if (isApiError(error, 'AlreadyExists')) return;
      this.#logger.warn('event not written', { reason: event.reason, namespace, name, error: errorText(error) });
    }
  }
}
