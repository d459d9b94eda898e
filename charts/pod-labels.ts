import { type ComponentName, selectorLabels } from '../api/names.ts';
import type { StackInput } from './stack-input.ts';

/** Labels that select a component's pods, whoever makes them. The OpenTelemetry Operator gives its pods labels of its own. */
export function podLabels({ name, namespace, spec }: StackInput, component: ComponentName): Record<string, string> {
  if (component !== 'collector' || spec.collector.mode === 'managed') return selectorLabels(name, component);
  return {
    'app.kubernetes.io/component': 'opentelemetry-collector',
    'app.kubernetes.io/instance': `${namespace}.${name}`,
    'app.kubernetes.io/managed-by': 'opentelemetry-operator',
  };
}
