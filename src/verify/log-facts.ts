import type { ActiveBackend } from '../../api/annotations.ts';
import type { InjectedWorkload } from '../survey/targets.ts';
import type { Check } from './check.ts';

/** One fact that the Python bootstrap states in the log of a pod (bootstrap/python/duotel_bootstrap/log.py). */
export interface LogFact {
  readonly fact: string;
  readonly line: RegExp;
  readonly modes: readonly ActiveBackend[];
}

const ALL = ['openinference', 'openlit', 'both'] as const;

/** The log lines of the source document's first check, in the order of a start. */
export const LOG_FACTS: readonly LogFact[] = [
  { fact: 'setting up', line: /duotel\[\d+\]: setting up observability with backend \S+/, modes: ALL },
  { fact: 'custom metrics initialized', line: /duotel\[\d+\]: meter provider set: /, modes: ALL },
  { fact: 'OpenLIT as OTLP producer', line: /duotel\[\d+\]: OpenLIT starting as OTLP producer/, modes: ['openlit', 'both'] },
  {
    fact: 'OpenLIT active, token metrics enabled',
    line: /duotel\[\d+\]: OpenLIT \S+ active: token metrics enabled/,
    modes: ['openlit', 'both'],
  },
  {
    fact: 'OpenInference as OTLP producer',
    line: /duotel\[\d+\]: OpenInference starting as (additional )?OTLP producer/,
    modes: ['openinference', 'both'],
  },
  {
    fact: 'OpenInference instrumentation enabled',
    line: /duotel\[\d+\]: OpenInference instrumentation enabled: /,
    modes: ['openinference', 'both'],
  },
  { fact: 'setup complete, DUAL MODE', line: /duotel\[\d+\]: setup complete, DUAL MODE/, modes: ['both'] },
  { fact: 'setup complete', line: /duotel\[\d+\]: setup complete, (OPENLIT|OPENINFERENCE) MODE/, modes: ['openlit', 'openinference'] },
];

/** The log of one running pod, from its start. */
export interface PodLog {
  readonly pod: string;
  readonly text: string;
  /** Containers whose log could not be read, with the server's reason: one that still waits has none. */
  readonly unread?: readonly { readonly container: string; readonly reason: string }[];
}

/** First step: every running pod of the workload states what its mode promises. */
export function logChecks(workload: InjectedWorkload, pods: readonly PodLog[]): readonly Check[] {
  const { name, bootstrap } = workload;
  if (bootstrap !== 'python') {
    const found = `${name} sets itself up (duotel.io/bootstrap: ${bootstrap}): its log lines are its own`;
    return [{ step: 'log lines', what: name, state: 'info', found }];
  }
  if (pods.length === 0) {
    const hint = `kubectl get pods -n ${workload.namespace}: the workload needs a running pod`;
    return [{ step: 'log lines', what: name, state: 'failed', found: 'no running pod', hint }];
  }
  const unread = pods.flatMap(({ pod, unread = [] }) => unread.map((one) => ({ pod, ...one })));
  return [...unread.map((one) => unreadCheck(workload, one)), ...factChecks(workload, pods)];
}

function unreadCheck(
  { name, namespace }: InjectedWorkload,
  { pod, container, reason }: { readonly pod: string; readonly container: string; readonly reason: string },
): Check {
  const hint = `kubectl describe pod ${pod} -n ${namespace} says what container ${container} waits for`;
  return { step: 'log lines', what: `${name}: log of container ${container} in pod ${pod}`, state: 'failed', found: reason, hint };
}

function factChecks({ name, backend }: InjectedWorkload, pods: readonly PodLog[]): readonly Check[] {
  return LOG_FACTS.filter((fact) => fact.modes.includes(backend)).map((fact): Check => {
    const silent = pods.filter((pod) => !fact.line.test(pod.text));
    const example = pods.map((pod) => fact.line.exec(pod.text)).find((match) => match !== null);
    const what = `${name}: ${fact.fact}`;
    if (silent.length === 0 && example !== null && example !== undefined) {
      return { step: 'log lines', what, state: 'ok', found: wholeLine(example), values: { pods: pods.length } };
    }
    const found = `not in the log of ${silent.map((pod) => pod.pod).join(', ')}`;
    return { step: 'log lines', what, state: 'failed', found, hint: hintFor(silent) };
  });
}

/** The line around a match, without the process id, at most 110 characters. */
function wholeLine(match: RegExpExecArray): string {
  const rest = match.input.slice(match.index);
  const line = (rest.split('\n', 1)[0] ?? '').replace(/^duotel\[\d+\]: /, '');
  return line.length <= 110 ? line : `${line.slice(0, 107)}...`;
}

function hintFor(silent: readonly PodLog[]): string {
  const trouble = silent.flatMap(
    (pod) => /duotel\[\d+\]: (.*(?:not started|nothing started|not active|failed).*)/.exec(pod.text)?.[1] ?? [],
  );
  return trouble[0] ?? 'an older pod may have rotated its log: kubectl rollout restart brings the lines back';
}
