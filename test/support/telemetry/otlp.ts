/** OTLP/JSON as SDKs send it, in the few shapes that tests need. */

export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanSpec {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  /** Milliseconds. @default 100 */
  readonly duration?: number;
  readonly error?: boolean;
  readonly attributes?: Attributes;
}

export interface PointSpec {
  readonly attributes?: Attributes;
  /** Value of a counter; sum of a histogram. */
  readonly value: number;
  /** Observations of a histogram. @default 1 */
  readonly count?: number;
  readonly exemplar?: { readonly traceId: string; readonly spanId: string };
}

export interface MetricSpec {
  readonly name: string;
  readonly kind: 'counter' | 'histogram';
  readonly unit: string;
  readonly points: readonly PointSpec[];
}

const STARTED = Date.now() - 60_000;
const nanoseconds = (milliseconds: number) => `${Math.round(milliseconds)}000000`;

function anyValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
}

function keyValues(attributes: Attributes = {}): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }));
}

export function tracesRequest(resource: Attributes, scope: string, spans: readonly SpanSpec[]): object {
  return {
    resourceSpans: [
      {
        resource: { attributes: keyValues(resource) },
        scopeSpans: [{ scope: { name: scope }, spans: spans.map(span) }],
      },
    ],
  };
}

function span({ name, traceId, spanId, parentSpanId, duration = 100, error = false, attributes }: SpanSpec): object {
  const end = Date.now();
  return {
    name,
    traceId,
    spanId,
    ...(parentSpanId !== undefined && { parentSpanId }),
    kind: 1,
    startTimeUnixNano: nanoseconds(end - duration),
    endTimeUnixNano: nanoseconds(end),
    attributes: keyValues(attributes),
    status: error ? { code: 2 } : {},
  };
}

/** Cumulative metrics that began a minute before the first call. */
export function metricsRequest(resource: Attributes, scope: string, metrics: readonly MetricSpec[]): object {
  return {
    resourceMetrics: [
      {
        resource: { attributes: keyValues(resource) },
        scopeMetrics: [{ scope: { name: scope }, metrics: metrics.map(metric) }],
      },
    ],
  };
}

function metric({ name, kind, unit, points }: MetricSpec): object {
  const dataPoints = points.map((point) => ({
    attributes: keyValues(point.attributes),
    startTimeUnixNano: nanoseconds(STARTED),
    timeUnixNano: nanoseconds(Date.now()),
    ...(kind === 'counter' ? { asDouble: point.value } : histogramPoint(point)),
  }));
  const data = { aggregationTemporality: 2, dataPoints };
  return { name, unit, ...(kind === 'counter' ? { sum: { ...data, isMonotonic: true } } : { histogram: data }) };
}

/** One bucket boundary at 1: enough to have a `_bucket` series. */
function histogramPoint({ value, count = 1, exemplar }: PointSpec): object {
  return {
    count: String(count),
    sum: value,
    explicitBounds: [1],
    bucketCounts: ['0', String(count)],
    ...(exemplar !== undefined && {
      exemplars: [{ ...exemplar, asDouble: value, timeUnixNano: nanoseconds(Date.now()), filteredAttributes: [] }],
    }),
  };
}

export function logsRequest(resource: Attributes, scope: string, bodies: readonly string[]): object {
  const logRecords = bodies.map((body) => ({ timeUnixNano: nanoseconds(Date.now()), body: { stringValue: body } }));
  return { resourceLogs: [{ resource: { attributes: keyValues(resource) }, scopeLogs: [{ scope: { name: scope }, logRecords }] }] };
}
