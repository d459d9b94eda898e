/** `spec.reconcile` of a TelemetryStack with every default filled in; crds/telemetrystack.yaml describes each field. */
export interface ReconcileSettings {
  readonly adoption: 'AdoptIfUnowned' | 'AdoptAll' | 'MustMatch';
  readonly immutable: 'Stall' | 'Recreate';
  readonly conflicts: 'Force' | 'Report';
  readonly errors: 'Isolate' | 'AllOrNothing';
  readonly deletion: 'Delete' | 'Orphan';
  /** A number and `s`, `m` or `h`. */
  readonly readinessDeadline: string;
  readonly ignore: readonly { readonly kind: string; readonly name?: string; readonly path: string }[];
}
