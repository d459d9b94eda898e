import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditedRequest, AuditReader, isOperatorWrite, OPERATOR_USER } from '../tools/scale/audit-reader.ts';

/** What the operator has done to the cluster, as the API server's audit log tells it: the operator is not asked. */
export class OperatorWatch {
  readonly #reader: AuditReader;
  readonly #all: AuditedRequest[] = [];

  constructor(auditLog: string) {
    this.#reader = new AuditReader(auditLog);
  }

  /** Every request of the operator and of the bench's user since the start. */
  requests(): readonly AuditedRequest[] {
    for (const request of this.#reader.next()) {
      if (request.user === OPERATOR_USER || request.user === 'admin') this.#all.push(request);
    }
    return this.#all;
  }

  /** A point in time, to be given to the others. */
  mark(): number {
    return this.requests().length;
  }

  writes(from = 0): readonly AuditedRequest[] {
    return this.requests().slice(from).filter(isOperatorWrite);
  }

  /** Patches of Deployments that the operator was answered, in order. */
  patches(from = 0): readonly AuditedRequest[] {
    return this.writes(from).filter(({ resource, subresource }) => resource === 'deployments' && subresource === '');
  }

  /** Waits until the operator has written nothing for `quietMs`; the time of its last write, ms since 1970, or undefined when there was none. */
  async settled(from: number, quietMs: number, limitMs: number): Promise<number | undefined> {
    const deadline = performance.now() + limitMs;
    let last = performance.now();
    for (let seen = 0; performance.now() - last < quietMs; ) {
      if (performance.now() > deadline) throw new Error(`the operator still writes after ${limitMs / 1000} s`);
      await sleep(250);
      const { length } = this.writes(from);
      if (length > seen) last = performance.now();
      seen = length;
    }
    return this.writes(from).at(-1)?.answered;
  }

  /** Waits until the operator has patched each of the Deployments (`namespace/name`) at least `times` times. */
  async patchedAll(keys: readonly string[], from: number, times: number, limitMs: number): Promise<void> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const counts = new Map<string, number>();
      for (const { namespace, name } of this.patches(from))
        counts.set(`${namespace}/${name}`, (counts.get(`${namespace}/${name}`) ?? 0) + 1);
      const missing = keys.filter((key) => (counts.get(key) ?? 0) < times);
      if (missing.length === 0) return;
      if (performance.now() > deadline)
        throw new Error(`${missing.length} of ${keys.length} Deployments not patched after ${limitMs / 1000} s, for example ${missing[0]}`);
      await sleep(100);
    }
  }
}
