import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { type ComponentName, componentName, OPERATOR_SELECTOR, objectLabels, selectorLabels } from '../api/names.ts';
import { pushesMetrics, stackParts } from '../api/stack-parts.ts';
import { alertingRules } from './config/alerts.ts';
import { WORKLOADS_JOB } from './config/prometheus.ts';
import { recordingRules } from './config/rules.ts';
import type { StackInput } from './stack-input.ts';

const API_VERSION = 'monitoring.coreos.com/v1';

interface Group {
  readonly name: string;
  readonly rules: readonly { readonly alert?: string; readonly expr: string }[];
}

/** An alert on any target that is down would speak of every target of a Prometheus that scrapes a whole cluster; it has one of its own. */
function forSharedPrometheus(group: Group): Group {
  return { ...group, rules: group.rules.filter(({ expr }) => expr !== 'up == 0') };
}

/** The objects with which a Prometheus Operator's Prometheus takes the place of ours: what to scrape, and the rules. */
export class PrometheusOperator extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'prometheus-operator');
    for (const { component } of stackParts(input.spec)) this.#component(input, component);
    this.#serviceMonitor(input, 'operator-metrics', 'prometheus', OPERATOR_SELECTOR, [endpoint(input, 'http', 'operator')]);
    new ApiObject(this, 'rules', {
      apiVersion: API_VERSION,
      kind: 'PrometheusRule',
      metadata: { name: `${componentName(input.name, 'prometheus')}-rules`, labels: labels(input, 'prometheus') },
      spec: {
        groups: [recordingRules(), alertingRules(input.spec.alerts)]
          .flatMap((file) => (file as { groups: Group[] }).groups)
          .map(forSharedPrometheus),
      },
    });
  }

  #component(input: StackInput, component: ComponentName): void {
    const own = endpoint(input, component === 'grafana' ? 'http' : 'self-metrics', component);
    const workloads =
      component === 'collector' && !pushesMetrics(input.spec) ? [endpoint(input, 'metrics', WORKLOADS_JOB, { honorLabels: true })] : [];
    this.#serviceMonitor(input, component, component, serviceLabels(input, component), [...workloads, own]);
  }

  /** `suffix`: of its name, after the stack's. `component`: whose label it bears. */
  #serviceMonitor(
    input: StackInput,
    suffix: string,
    component: ComponentName,
    matchLabels: Readonly<Record<string, string>>,
    endpoints: readonly object[],
  ): void {
    new ApiObject(this, suffix, {
      apiVersion: API_VERSION,
      kind: 'ServiceMonitor',
      metadata: { name: `${input.name}-${suffix}`, labels: labels(input, component) },
      spec: { selector: { matchLabels }, endpoints },
    });
  }
}

function endpoint({ spec }: StackInput, port: string, job: string, extra: object = {}): object {
  return {
    port,
    interval: spec.prometheus.scrapeInterval,
    ...extra,
    // The operator names a job after its Service; rules and dashboards know the jobs by the names that our own Prometheus gives them.
    relabelings: [{ action: 'replace', targetLabel: 'job', replacement: job }],
  };
}

function labels({ name, spec }: StackInput, component: ComponentName): Record<string, string> {
  return { ...spec.prometheus.operatorLabels, ...objectLabels(name, component) };
}

/** The headless Service that a component with several pods has besides bears another name: each pod is scraped once. */
function serviceLabels({ name, namespace, spec }: StackInput, component: ComponentName): Record<string, string> {
  if (component !== 'collector' || spec.collector.mode === 'managed') return selectorLabels(name, component);
  return {
    'app.kubernetes.io/instance': `${namespace}.${name}`,
    'app.kubernetes.io/managed-by': 'opentelemetry-operator',
    'operator.opentelemetry.io/collector-service-type': 'base',
  };
}
