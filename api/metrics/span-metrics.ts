/**
 * Names of the metrics made from spans. The collector's span_metrics connector, Jaeger's metric storage, the rules and the dashboards
 * all read them here. The connector prefixes `traces.span.metrics.` unless its namespace is set to the empty string, and the stable
 * names (docs/dual-mode.md) have no prefix.
 */
export const SPAN_METRICS_NAMESPACE = '';
/** Unit of the durations: the connector's default is to become seconds; the stable name says milliseconds. */
export const SPAN_METRICS_UNIT = 'ms';
export const CALLS_TOTAL = 'calls_total';
export const SPAN_DURATION = 'duration_milliseconds';

/** Span attribute that the collector sets from the instrumentation scope, and the label it becomes. */
export const PRODUCER_ATTRIBUTE = 'telemetry.producer';
export const PRODUCER_LABEL = 'telemetry_producer';

/** Who made a span. `app`: any other instrumentation. Unsplit, `calls_total` counts one LLM call up to three times. */
export const SPAN_PRODUCERS = ['openinference', 'openlit', 'app'] as const;
export type SpanProducer = (typeof SPAN_PRODUCERS)[number];

/** Regular expressions of the scope names of the two producers, Python and Node. */
export const PRODUCER_SCOPES = { openlit: '^@?openlit', openinference: '^(openinference|@arizeai/openinference)' } as const;
