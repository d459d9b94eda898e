/** One condition of a TelemetryStack's status, as in the Kubernetes API conventions. */
export interface Condition {
  readonly type: 'Ready' | 'Reconciling' | 'Stalled';
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase, from a fixed set. */
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
  /** RFC 3339; when `status` last changed. */
  readonly lastTransitionTime: string;
}

/** The new condition, with the old transition time when the status is what it was. */
export function condition(previous: readonly Condition[], now: string, next: Omit<Condition, 'lastTransitionTime'>): Condition {
  const before = previous.find((candidate) => candidate.type === next.type);
  return { ...next, lastTransitionTime: before?.status === next.status ? before.lastTransitionTime : now };
}
