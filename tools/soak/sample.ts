import { metricSum } from '../scale/exposition.ts';
import type { ProcessSample } from '../scale/process-sample.ts';

/** One look at the operator. Counts are since its start; undefined where this release does not tell. */
export interface Sample {
  readonly minute: number;
  readonly rssMb: number;
  readonly peakRssMb: number;
  readonly fds: number;
  readonly cpuSeconds: number;
  readonly heapMb: number | undefined;
  readonly activeResources: number | undefined;
  readonly missedEvents: number | undefined;
  readonly watchTroubles: number | undefined;
  readonly reconcileErrors: number | undefined;
  readonly retries: number | undefined;
  /** Changes that the soak has made so far. */
  readonly changes: number;
  /** Writes of the operator so far, by `verb resource`. */
  readonly writes: Readonly<Record<string, number>>;
}

/** Names under which releases publish the number of events that a relist found to be missed. */
const MISSED = ['duotel_missed_events_total', 'duotel_watch_missed_events_total', 'duotel_missed_events'] as const;

export function makeSample(
  minute: number,
  seen: ProcessSample,
  metrics: string,
  done: { readonly changes: number; readonly writes: Readonly<Record<string, number>> },
): Sample {
  const heap = metricSum(metrics, 'nodejs_heap_size_used_bytes');
  return {
    minute,
    rssMb: seen.rssMb,
    peakRssMb: seen.peakRssMb,
    fds: seen.fds,
    cpuSeconds: seen.userSeconds + seen.systemSeconds,
    heapMb: heap === undefined ? undefined : heap / 1e6,
    activeResources: metricSum(metrics, 'nodejs_active_resources_total'),
    missedEvents: MISSED.map((name) => metricSum(metrics, name)).find((value) => value !== undefined),
    watchTroubles: metricSum(metrics, 'duotel_watch_troubles_total'),
    reconcileErrors: metricSum(metrics, 'controller_runtime_reconcile_errors_total'),
    retries: metricSum(metrics, 'rest_client_request_retries_total'),
    ...done,
  };
}
