import type { TelemetryStackSpecReconcile } from '../imports/duotel.io.ts';
import type { Resolved } from './resolved.ts';

/** `spec.reconcile` of a TelemetryStack with every default filled in. */
export type ReconcileSettings = Resolved<TelemetryStackSpecReconcile, 'reconcile'>;
