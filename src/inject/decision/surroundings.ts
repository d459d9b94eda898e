import type { KubeObject } from '../../../api/kube-object.ts';
import type { ExtendedVariable } from '../../../api/runtimes/runtime.ts';
import { valueAt } from '../../../api/value-at.ts';
import { appendix } from '../change/extended-variable.ts';
import type { PodTemplate } from '../workload/pod-template.ts';
import type { Note } from './outcome.ts';

/** What a person should know about the pods, though it prevents nothing. */
export function surroundings(
  workload: KubeObject,
  template: PodTemplate,
  targets: readonly string[],
  extended: readonly ExtendedVariable[],
): readonly Note[] {
  const notes: Note[] = [];
  const { hostNetwork, dnsPolicy = 'ClusterFirst', containers } = template.spec;
  if (hostNetwork === true && dnsPolicy === 'ClusterFirst') {
    const message = 'the pods use the host network and can not resolve the collector: set dnsPolicy: ClusterFirstWithHostNet';
    notes.push({ reason: 'HostNetworkDns', level: 'note', message });
  }
  if (valueAt(workload, ['spec', 'updateStrategy', 'type']) === 'OnDelete') {
    notes.push({ reason: 'PodsMustBeDeleted', level: 'note', message: 'updateStrategy is OnDelete: delete the pods when it suits you' });
  }
  const targeted = containers.filter(({ name }) => targets.includes(name));
  const withEnvFrom = targeted.filter(({ envFrom = [] }) => envFrom.length > 0).map(({ name }) => name);
  if (withEnvFrom.length > 0) {
    const startup = extended
      .map((variable) => `. To keep a ${variable.name} in it, name it under env with ${appendix(variable)} appended`)
      .join('');
    const message = `container ${withEnvFrom.join(', ')} has envFrom. The operator does not read it: injected variables win over it, and OTEL_EXPORTER_OTLP_HEADERS in it would go to the stack. To keep your endpoint, name it under env${startup}`;
    notes.push({ reason: 'EnvFromNotRead', level: 'note', message });
  }
  for (const { name } of extended) {
    notes.push({ reason: 'ImageEnvNotRead', level: 'hint', message: `${name} of the pod replaces the one of the image, if it has one` });
  }
  return notes;
}
