import type { KubeObject } from '../../../api/kube-object.ts';

/** `.spec` of a coordination.k8s.io/v1 Lease. */
export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  /** RFC 3339 with microseconds: read by people, and compared only with itself. */
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** The lease as it was at the last look. */
export interface Observation {
  /** undefined: there is none. */
  readonly spec: LeaseSpec | undefined;
  readonly resourceVersion: string | undefined;
  /** When, by our own clock, this version was first seen. A renewal is a new version. */
  readonly since: number;
  /** Since when a former holder may still be writing, though the lease is gone or names nobody; undefined: nobody may. */
  readonly lastHeld: number | undefined;
}

export function observe(before: Observation | undefined, live: KubeObject | undefined, now: number): Observation {
  const spec = live === undefined ? undefined : ((live['spec'] ?? {}) as LeaseSpec);
  const resourceVersion = live?.metadata.resourceVersion;
  if (before !== undefined && before.resourceVersion === resourceVersion) return before;
  const someone = before !== undefined && holder(before.spec) !== undefined;
  return { spec, resourceVersion, since: now, lastHeld: someone ? now : before?.lastHeld };
}

/**
 * What to do about the lease. We take it when nobody holds it, and when its holder has not renewed it for its whole duration, by our own
 * clock. If somebody else put our name into the lease, emptied it or deleted it, that says nothing about the former holder. It may go on
 * writing until its own deadline, so a whole duration must pass.
 */
export function electionStep(
  seen: Observation,
  self: { readonly identity: string; readonly claimed: boolean; readonly now: number; readonly durationMs: number },
): 'create' | 'take' | 'renew' | 'wait' {
  const { identity, claimed, now, durationMs } = self;
  const gone = (since: number, ms: number): boolean => now - since >= ms;
  const { spec } = seen;
  if (spec === undefined) return seen.lastHeld === undefined || gone(seen.lastHeld, durationMs) ? 'create' : 'wait';
  const held = holder(spec);
  if (held === identity && claimed) return 'renew';
  const released = held === undefined && spec.leaseDurationSeconds === 1;
  if (released) return 'take';
  return gone(seen.since, Math.max(durationMs, (spec.leaseDurationSeconds ?? 0) * 1000)) ? 'take' : 'wait';
}

function holder(spec: LeaseSpec | undefined): string | undefined {
  return spec?.holderIdentity === undefined || spec.holderIdentity === '' ? undefined : spec.holderIdentity;
}
