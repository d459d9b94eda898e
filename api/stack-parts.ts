import type { ComponentName } from './names.ts';
import type { ResolvedStackSpec } from './telemetry-stack.ts';

/** A component as a stack has it, with the workload that runs its pods, which bears the component's name whoever makes it. */
export interface StackPart {
  readonly component: ComponentName;
  readonly kind: 'StatefulSet' | 'Deployment';
}

/** The components that a stack runs, in the order in which data flows. */
export function stackParts(spec: ResolvedStackSpec): readonly StackPart[] {
  const { collector, prometheus, grafana } = spec;
  const parts: StackPart[] = [
    // The OpenTelemetry Operator makes a StatefulSet of this name too.
    { component: 'collector', kind: 'StatefulSet' },
    { component: 'jaeger', kind: keepsTracesItself(spec) ? 'StatefulSet' : 'Deployment' },
  ];
  if (collector.gateway.enabled) parts.push({ component: 'gateway', kind: 'Deployment' });
  if (prometheus.mode === 'managed') parts.push({ component: 'prometheus', kind: 'StatefulSet' });
  if (grafana.mode === 'managed') parts.push({ component: 'grafana', kind: grafana.database === undefined ? 'StatefulSet' : 'Deployment' });
  return parts;
}

/** Whether Jaeger's pod holds the traces, which then is one. */
export function keepsTracesItself({ jaeger }: ResolvedStackSpec): boolean {
  return jaeger.storage.type === 'persistent' || jaeger.storage.type === 'ephemeral';
}

/** Whether metrics are pushed to Prometheus and not scraped: with a second tier no collector has all of a workload's series. */
export function pushesMetrics({ collector }: ResolvedStackSpec): boolean {
  return collector.gateway.enabled;
}
