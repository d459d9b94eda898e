import { isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { componentName, selectorLabels } from '../../api/names.ts';
import type { StackPart } from '../../api/stack-parts.ts';
import type { ComponentLine } from '../../api/stack-status.ts';
import { health } from '../apply/health.ts';
import type { KubeApi } from '../kube/kube-api.ts';
import { podFailure } from '../kube/pod-failure.ts';

export interface ComponentsInput {
  readonly stack: KubeObject;
  readonly parts: readonly StackPart[];
  readonly live: (part: StackPart, name: string) => KubeObject | undefined;
  /** What the status has said so far of this spec; empty when the spec is another one. */
  readonly before: readonly ComponentLine[];
  readonly deadlineMs: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Why the pods of a component do not become ready; undefined when it cannot be said. */
  readonly why: (part: StackPart) => Promise<string | undefined>;
}

export interface Components {
  readonly lines: readonly ComponentLine[];
  /** Components that have failed, or were not ready for longer than the deadline, each with its reason. */
  readonly failed: readonly string[];
  /** Milliseconds until the next deadline passes, or until the next look at the cause of a failure; undefined when all are ready. */
  readonly lookIn?: number;
}

/** No event tells that the cause has changed: first no node had room for the pod, then its image could not be pulled. */
const CAUSE_LOOK_MS = 60_000;

/** One line for each component, and which of them will not become ready by waiting. */
export async function componentLines(input: ComponentsInput): Promise<Components> {
  const { stack, parts, live, before, deadlineMs, now, why } = input;
  const looks: number[] = [];
  // In the order of the parts, whichever answer comes first. Another order would be another message, and so a write of the status.
  const found = await Promise.all(
    parts.map(async (part): Promise<{ readonly line: ComponentLine; readonly failure?: string }> => {
      const name = part.component;
      const { status, message } = health(live(part, componentName(stack.metadata.name, name)));
      if (status === 'Current') return { line: { name, ready: true, message } };
      const since = before.find((line) => line.name === name && !line.ready)?.since ?? new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
      const end = Date.parse(since) + deadlineMs;
      if (status !== 'Failed' && now < end) {
        looks.push(end - now);
        return { line: { name, ready: false, message, since } };
      }
      looks.push(CAUSE_LOOK_MS);
      const cause = await why(part);
      const text = [message, ...(cause === undefined ? [] : [cause])].join(': ');
      const failure = status === 'Failed' ? `${name}: ${text}` : `${name}: not ready for ${deadlineMs / 1000} s: ${text}`;
      return { line: { name, ready: false, message: text, since }, failure };
    }),
  );
  return {
    lines: found.map(({ line }) => line),
    failed: found.flatMap(({ failure }) => failure ?? []),
    ...(looks.length > 0 && { lookIn: Math.min(...looks) }),
  };
}

/** Why the pods of a component do not become ready, as they say themselves. */
export async function podReason(api: KubeApi, stack: KubeObject, part: StackPart): Promise<string | undefined> {
  const { name, namespace = '' } = stack.metadata;
  const labelSelector = Object.entries(selectorLabels(name, part.component))
    .map((pair) => pair.join('='))
    .join(',');
  try {
    const pods = (await api.list(await api.resourceType('v1', 'Pod'), { namespace, query: { labelSelector } })).items;
    return podFailure(pods)?.message ?? pods.map(unscheduled).find((reason) => reason !== undefined);
  } catch {
    // If the reason cannot be read, that is no failure of its own.
    return undefined;
  }
}

function unscheduled({ status }: KubeObject): string | undefined {
  const conditions = isFields(status) && Array.isArray(status['conditions']) ? status['conditions'] : [];
  const found = conditions.find((one) => isFields(one) && one['type'] === 'PodScheduled' && one['status'] === 'False');
  return isFields(found) ? `the pod cannot be scheduled: ${String(found['message'] ?? found['reason'])}` : undefined;
}
