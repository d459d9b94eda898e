import type { ResolvedStackSpec } from '../api/telemetry-stack.ts';

/** What the manifests of a stack are made from. */
export interface StackInput {
  /** Name of the TelemetryStack; every object is named after it. */
  readonly name: string;
  /** Namespace of the objects; it exists already and may enforce the restricted Pod Security Standard. */
  readonly namespace: string;
  readonly spec: ResolvedStackSpec;
}
