import { PRODUCER_SCOPES } from '../../api/metrics/span-metrics.ts';
import type { InjectedWorkload } from '../survey/targets.ts';
import type { Check } from './check.ts';
import { NAMESPACE_TAG, type Span, type Trace } from './jaeger.ts';

/** What Jaeger says of one service. */
export interface ServiceTraces {
  readonly services: readonly string[];
  readonly operations: readonly string[];
  readonly traces: readonly Trace[];
}

/** Traces asked for; more are counted as `or more`. */
export const TRACE_LIMIT = 200;

/** The workload's own part of the traces of its service. */
export interface OwnTraces {
  readonly traces: readonly Trace[];
  /** Its own spans: a trace may have those of other services too. */
  readonly spans: readonly Span[];
  /** Other namespaces with a service of that name, and their traces. */
  readonly elsewhere: readonly string[];
  /** Whether the spans do not say of which namespace they are, so that they may be a namesake's. */
  readonly nameless: boolean;
}

/** The traces of the workload's namespace; those that name no namespace only where none names it. */
export function ownTraces({ service, namespace }: InjectedWorkload, traces: readonly Trace[]): OwnTraces {
  const of = (trace: Trace, wanted: string) => trace.spans.filter((span) => span.service === service && span.namespace === wanted);
  const spansOf = (wanted: string) => traces.flatMap((trace) => of(trace, wanted));
  const nameless = spansOf(namespace).length === 0 && spansOf('').length > 0;
  const wanted = nameless ? '' : namespace;
  const names = traces.flatMap(({ spans }) => spans.filter((span) => span.service === service).map((span) => span.namespace));
  return {
    traces: traces.filter((trace) => of(trace, wanted).length > 0),
    spans: spansOf(wanted),
    elsewhere: [...new Set(names)].filter((name) => name !== namespace && name !== '').sort(),
    nameless,
  };
}

/** Third step: the workload is a service of Jaeger's, with traces whose spans are those of its producers. */
export function traceChecks(workload: InjectedWorkload, seen: ServiceTraces): readonly Check[] {
  const { service, backend } = workload;
  const common = { step: 'jaeger' } as const;
  const hint = 'send the app a request that calls a model; the collector hands spans on within 10 s';
  if (!seen.services.includes(service)) {
    const found = `not among the services: ${seen.services.join(', ') || 'there are none'}`;
    return [{ ...common, what: `service ${service}`, state: 'failed', found, hint }];
  }
  const { traces, spans, elsewhere, nameless } = ownTraces(workload, seen.traces);
  // Jaeger lists the operations of a name, whatever the namespace.
  const made = new Set(spans.map((span) => span.operation));
  const operations = elsewhere.length === 0 ? seen.operations : seen.operations.filter((name) => made.has(name));
  const others = elsewhere.length === 0 ? '' : `; not counted: service ${service} of namespace ${elsewhere.join(', ')}`;
  const note = nameless ? `; the spans have no ${NAMESPACE_TAG}: of ${service} in any namespace` : '';
  const scopes = [...new Set(spans.map((span) => span.scope))].filter((scope) => scope !== '').sort();
  const counts = { traces: traces.length, spans: spans.length };
  const checks: Check[] = [
    { ...common, what: `service ${service}`, state: 'ok', found: seen.services.join(', '), values: seen.services },
    {
      ...common,
      what: 'operations',
      state: operations.length > 0 ? 'ok' : 'failed',
      found: operations.join(', ') || 'none',
      values: operations,
      ...(operations.length === 0 && { hint }),
    },
    {
      ...common,
      what: 'traces',
      state: spans.length > 0 ? 'ok' : 'failed',
      found: `${counts.traces}${counts.traces === TRACE_LIMIT ? ' or more' : ''} traces, ${counts.spans} spans${others}${note}`,
      values: counts,
      ...(spans.length === 0 && { hint }),
    },
    {
      ...common,
      what: 'trace names',
      state: spans.length > 0 ? 'ok' : 'info',
      found: tally(traces.map((trace) => trace.root)),
      values: countsOf(traces.map((trace) => trace.root)),
    },
  ];
  const producer = backend === 'openlit' ? 'openlit' : 'openinference';
  const pattern = new RegExp(PRODUCER_SCOPES[producer]);
  const from = scopes.filter((scope) => pattern.test(scope));
  checks.push({
    ...common,
    what: `spans of ${producer}`,
    state: from.length > 0 ? 'ok' : 'failed',
    found: from.join(', ') || `none; scopes are ${scopes.join(', ') || 'not known'}`,
    values: from,
    ...(from.length === 0 && { hint: `the log should say "${producer === 'openlit' ? 'OpenLIT' : 'OpenInference'} ... enabled"` }),
  });
  return checks;
}

function countsOf(names: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function tally(names: readonly string[]): string {
  const counts = Object.entries(countsOf(names)).sort(([a], [b]) => a.localeCompare(b));
  return counts.map(([name, count]) => (count === 1 ? name : `${name} x${count}`)).join(', ') || 'none';
}
