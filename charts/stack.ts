import { Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import { Collector } from './collector.ts';
import { Gateway } from './gateway.ts';
import { Grafana } from './grafana.ts';
import { Injection } from './injection.ts';
import { Jaeger } from './jaeger.ts';
import { NetworkPolicies } from './network-policies.ts';
import { Prometheus } from './prometheus.ts';
import { PrometheusOperator } from './prometheus-operator.ts';
import type { StackInput } from './stack-input.ts';

/**
 * Every object of one TelemetryStack. `cdk8s synth` writes it to dist and the operator applies it, from the same input, so that the
 * operator has nothing to change in what `kubectl apply -f dist` made.
 */
export class StackChart extends Chart {
  constructor(scope: Construct, id: string, input: StackInput) {
    super(scope, id, { namespace: input.namespace, disableResourceNameHashes: true });
    new Injection(this, input);
    new NetworkPolicies(this, input);
    new Jaeger(this, input);
    if (input.spec.prometheus.mode === 'managed') new Prometheus(this, input);
    if (input.spec.prometheus.mode === 'operator') new PrometheusOperator(this, input);
    new Collector(this, input);
    if (input.spec.collector.gateway.enabled) new Gateway(this, input);
    new Grafana(this, input);
  }
}
