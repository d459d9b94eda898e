import { PRODUCER_SCOPES } from '../metrics/span-metrics.ts';
import type { Check } from './check.ts';
import type { Trace } from './jaeger.ts';
import type { InjectedWorkload } from './targets.ts';

/** What Jaeger says of one service. */
export interface ServiceTraces {
  readonly services: readonly string[];
  readonly operations: readonly string[];
  readonly traces: readonly Trace[];
}

/** Traces asked for; more are counted as `or more`. */
export const TRACE_LIMIT = 200;

/** Third step: the workload is a service of Jaeger's, with traces whose spans are those of its producers. */
export function traceChecks(workload: InjectedWorkload, seen: ServiceTraces): readonly Check[] {
  const { service, backend } = workload;
  const common = { step: 'jaeger' } as const;
  const hint = 'send the app a request that calls a model; the collector hands spans on within 10 s';
  if (!seen.services.includes(service)) {
    const found = `not among the services: ${seen.services.join(', ') || 'there are none'}`;
    return [{ ...common, what: `service ${service}`, state: 'failed', found, hint }];
  }
  const spans = seen.traces.flatMap((trace) => trace.spans);
  const scopes = [...new Set(spans.map((span) => span.scope))].filter((scope) => scope !== '').sort();
  const counts = { traces: seen.traces.length, spans: spans.length };
  const checks: Check[] = [
    { ...common, what: `service ${service}`, state: 'ok', found: seen.services.join(', '), values: seen.services },
    {
      ...common,
      what: 'operations',
      state: seen.operations.length > 0 ? 'ok' : 'failed',
      found: seen.operations.join(', ') || 'none',
      values: seen.operations,
      ...(seen.operations.length === 0 && { hint }),
    },
    {
      ...common,
      what: 'traces',
      state: spans.length > 0 ? 'ok' : 'failed',
      found: `${counts.traces}${counts.traces === TRACE_LIMIT ? ' or more' : ''} traces, ${counts.spans} spans`,
      values: counts,
      ...(spans.length === 0 && { hint }),
    },
    {
      ...common,
      what: 'trace names',
      state: spans.length > 0 ? 'ok' : 'info',
      found: tally(seen.traces.map((trace) => trace.root)),
      values: countsOf(seen.traces.map((trace) => trace.root)),
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
