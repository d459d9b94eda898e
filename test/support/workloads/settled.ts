import { expect } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { valueAt } from '../../../api/value-at.ts';
import { type DecisionInput, decideWorkload } from '../../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../../src/inject/decision/decision.ts';
import { workloadKind } from '../../../src/inject/workload/kinds.ts';
import { type EnvItem, type PodSpec, podTemplate } from '../../../src/inject/workload/pod-template.ts';
import { after, input, owned, type WorkloadParts, workload } from './injection.ts';
import { strategicMerge } from './strategic-merge.ts';

/** Workloads as decisions leave them, and what users do to them meanwhile. */

export const BOTH = { 'duotel.io/backend': 'both' };
export const PYTHON = { ...BOTH, 'duotel.io/bootstrap': 'python' };

export function plan(object: KubeObject, overrides: Partial<DecisionInput> = {}): Decision {
  return decideWorkload(input(object, overrides));
}

/** The workload once the plan, and the plan after that, say nothing more. */
export function settle(object: KubeObject, overrides: Partial<DecisionInput> = {}): KubeObject {
  const next = after(object, plan(object, overrides));
  expect(plan(next, overrides).action).toBe('none');
  return next;
}

export function injected(parts: WorkloadParts = {}, annotations: Readonly<Record<string, string>> = BOTH): KubeObject {
  return settle(workload({ ...parts, annotations }));
}

export function env(object: KubeObject, container = 'app'): readonly EnvItem[] {
  return podTemplate(object)?.spec.containers.find(({ name }) => name === container)?.env ?? [];
}

export function value(object: KubeObject, name: string, container = 'app'): string | undefined {
  return env(object, container).find((item) => item.name === name)?.value;
}

/** The whole pod template as it is stored. */
export function template(object: KubeObject): unknown {
  return valueAt(object, workloadKind(object)?.templatePath ?? []);
}

export function names(items: readonly EnvItem[]): readonly string[] {
  return items.map(({ name }) => name);
}

export function status(object: KubeObject): string | undefined {
  return object.metadata.annotations?.['duotel.io/status'];
}

/** The Deployment with another pod spec, whoever changed it. */
export function withPod(object: KubeObject, change: (pod: PodSpec) => PodSpec): KubeObject {
  const template = podTemplate(object) ?? { spec: { containers: [] } };
  const spec = object['spec'] as Readonly<Record<string, unknown>>;
  return { ...object, spec: { ...spec, template: { ...template, spec: change(template.spec) } } };
}

/** A user's own change to the container, after which they own all of it that is not ours. */
export function userSets(object: KubeObject, items: readonly EnvItem[]): KubeObject {
  const changed = strategicMerge(object, { spec: { template: { spec: { containers: [{ name: 'app', env: items }] } } } }) as KubeObject;
  return owned(changed, { containers: [{ name: 'app', env: items }] }, 'editor');
}
