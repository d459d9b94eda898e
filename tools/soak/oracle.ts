import { isDeepStrictEqual } from 'node:util';
import { ANNOTATION } from '../../api/annotations.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, SYSTEM_NAMESPACE } from '../../api/names.ts';
import type { StackStatus } from '../../api/stack-status.ts';
import type { SoakWorkload } from './churn.ts';

interface EnvVar {
  readonly name: string;
  readonly value?: string;
}

interface Deployment extends KubeObject {
  readonly spec: {
    readonly replicas: number;
    readonly template: {
      readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
      readonly spec: { readonly containers: readonly { readonly env?: readonly EnvVar[] }[]; readonly volumes?: readonly unknown[] };
    };
  };
}

/** What is wrong with a Deployment, in words; empty when it is as its annotation and its user say. */
export function workloadFaults(wanted: SoakWorkload, live: KubeObject | undefined): readonly string[] {
  const subject = `Deployment/${wanted.namespace}/${wanted.name}`;
  if (live === undefined) return [`${subject} is not there`];
  const { spec, metadata } = live as Deployment;
  const env = spec.template.spec.containers[0]?.env ?? [];
  const faults: string[] = [];
  const expect = (what: string, actual: unknown, expected: unknown): void => {
    if (!isDeepStrictEqual(actual, expected))
      faults.push(`${subject}: ${what} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`);
  };
  const value = (name: string): string | undefined => env.find((one) => one.name === name)?.value;
  expect('spec.replicas', spec.replicas, wanted.replicas);
  expect('the variable KEEP', value('KEEP'), wanted.keep);
  expect('OBSERVABILITY_BACKEND', value('OBSERVABILITY_BACKEND'), wanted.backend);
  expect(
    'ownership of ours',
    (metadata.managedFields ?? []).filter(({ manager }) => manager === FIELD_MANAGER),
    [],
  );
  const { annotations = {} } = metadata;
  if (wanted.backend === undefined) {
    expect('the environment', env, [{ name: 'KEEP', value: wanted.keep }]);
    expect('the record', annotations[ANNOTATION.injected], undefined);
    return faults;
  }
  expect('the state', annotations[ANNOTATION.status]?.split(' ')[0], 'Injected');
  const record = JSON.parse(annotations[ANNOTATION.injected] ?? '{}') as { readonly stack?: string };
  expect('the stack of the record', record.stack, `${SYSTEM_NAMESPACE}/${wanted.stack}`);
  return faults;
}

/** What is wrong with a stack: its status lags behind its spec, or an object of its inventory is not there. */
export function stackFaults(stack: KubeObject, exists: (kind: string, name: string) => boolean): readonly string[] {
  const status = (stack['status'] ?? {}) as Partial<StackStatus>;
  const subject = `TelemetryStack/${stack.metadata.name}`;
  const lag = status.observedGeneration !== stack.metadata.generation;
  const missing = (status.inventory ?? []).filter(({ kind, name }) => !exists(kind, name));
  return [
    ...(lag ? [`${subject}: status.observedGeneration is ${status.observedGeneration}, expected ${stack.metadata.generation}`] : []),
    ...((status.inventory ?? []).length === 0 ? [`${subject}: status.inventory is empty`] : []),
    ...missing.map(({ kind, name }) => `${subject}: ${kind}/${name} is in the inventory and not in the cluster`),
  ];
}
