import { ANNOTATION } from '../../api/annotations.ts';
import { chosenRuntimes } from '../../api/runtimes/choice.ts';
import type { LogFact, PromisedLog, Runtime } from '../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../api/runtimes/runtimes.ts';
import type { InjectedWorkload } from '../survey/targets.ts';
import type { Check } from './check.ts';

/** The log of one running pod, from its start. */
export interface PodLog {
  readonly pod: string;
  readonly text: string;
  /** Containers whose log could not be read, with the server's reason: a container that still waits has none. */
  readonly unread?: readonly { readonly container: string; readonly reason: string }[];
}

/** The line of a log that states a fact, from its beginning as far as it is promised. */
export function factPattern({ lines }: LogFact): RegExp {
  const texts = lines.map((line) =>
    line
      .split(/\{\w+\}/)
      .map(escaped)
      .join('\\S+'),
  );
  return new RegExp(`duotel\\[\\d+\\]: (?:${texts.join('|')})`);
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * First step: every running pod of the workload states what its mode and its language promise.
 * @param runtimes default: the languages of this release.
 */
export function logChecks(workload: InjectedWorkload, pods: readonly PodLog[], runtimes: readonly Runtime[] = RUNTIMES): readonly Check[] {
  const { name, bootstrap } = workload;
  const logs = chosenRuntimes(bootstrap, runtimes).map(({ log }) => log);
  if (logs.length === 0) {
    const found = `${name} sets itself up (${ANNOTATION.bootstrap}: ${bootstrap}): its log lines are its own`;
    return [{ step: 'log lines', what: name, state: 'info', found }];
  }
  if (pods.length === 0) {
    const hint = `kubectl get pods -n ${workload.namespace}: the workload needs a running pod`;
    return [{ step: 'log lines', what: name, state: 'failed', found: 'no running pod', hint }];
  }
  const unread = pods.flatMap(({ pod, unread = [] }) => unread.map((one) => ({ pod, ...one })));
  const failures = (checks: readonly Check[]): number => checks.filter(({ state }) => state === 'failed').length;
  // Where the annotation names several languages, the log tells which of them the app is in.
  const [facts = []] = logs.map((log) => factChecks(workload, pods, log)).sort((a, b) => failures(a) - failures(b));
  return [...unread.map((one) => unreadCheck(workload, one)), ...facts];
}

function unreadCheck(
  { name, namespace }: InjectedWorkload,
  { pod, container, reason }: { readonly pod: string; readonly container: string; readonly reason: string },
): Check {
  const hint = `kubectl describe pod ${pod} -n ${namespace} says what container ${container} waits for`;
  return { step: 'log lines', what: `${name}: log of container ${container} in pod ${pod}`, state: 'failed', found: reason, hint };
}

function factChecks({ name, backend }: InjectedWorkload, pods: readonly PodLog[], { facts, trouble }: PromisedLog): readonly Check[] {
  return facts
    .filter((fact) => fact.modes.includes(backend))
    .map((fact): Check => {
      const line = factPattern(fact);
      const silent = pods.filter((pod) => !line.test(pod.text));
      const example = pods.map((pod) => line.exec(pod.text)).find((match) => match !== null);
      const what = `${name}: ${fact.fact}`;
      if (silent.length === 0 && example !== null && example !== undefined) {
        return { step: 'log lines', what, state: 'ok', found: wholeLine(example), values: { pods: pods.length } };
      }
      const found = `not in the log of ${silent.map((pod) => pod.pod).join(', ')}`;
      return { step: 'log lines', what, state: 'failed', found, hint: hintFor(silent, trouble) };
    });
}

/** The line around a match, without the process id, at most 110 characters. */
function wholeLine(match: RegExpExecArray): string {
  const rest = match.input.slice(match.index);
  const line = (rest.split('\n', 1)[0] ?? '').replace(/^duotel\[\d+\]: /, '');
  return line.length <= 110 ? line : `${line.slice(0, 107)}...`;
}

function hintFor(silent: readonly PodLog[], trouble: readonly string[]): string {
  const pattern = new RegExp(`duotel\\[\\d+\\]: (.*(?:${trouble.map(escaped).join('|')}).*)`);
  const said = silent.flatMap((pod) => pattern.exec(pod.text)?.[1] ?? []);
  return said[0] ?? 'an older pod may have rotated its log: kubectl rollout restart brings the lines back';
}
