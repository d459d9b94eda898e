import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { stackParts } from '../../../api/stack-parts.ts';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { type ComponentsInput, componentLines } from '../../../src/stacks/components.ts';

const NOW = Date.parse('2026-01-01T00:10:00Z');
const parts = stackParts(resolveStackSpec({}));
const names = parts.map(({ component }) => component);

/** A stack of which nothing is there, of which each component has been waited for since `since`. */
function absent(since: string, why: ComponentsInput['why']): ComponentsInput {
  const stack: KubeObject = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata: { name: 'main', namespace: 'duotel' } };
  const before = names.map((name) => ({ name, ready: false, message: '', since }));
  return { stack, parts, live: () => undefined, before, deadlineMs: 60_000, now: NOW, why };
}

describe('the lines of components that are not ready', () => {
  it('name those past their deadline in the order of the components, whichever reason is known first', async () => {
    const slowestFirst: ComponentsInput['why'] = async (part) => {
      await sleep(5 * (parts.length - parts.indexOf(part)));
      return 'ImagePullBackOff';
    };
    const { lines, failed } = await componentLines(absent('2026-01-01T00:00:00Z', slowestFirst));
    expect(failed.map((text) => text.split(':')[0])).toEqual(names);
    expect(lines.map(({ name }) => name)).toEqual(names);
    expect(failed[0]).toContain('not ready for 60 s');
    expect(failed[0]).toContain('ImagePullBackOff');
  });

  it('ask for no reason before the deadline, and say when it is', async () => {
    const asked: string[] = [];
    const why: ComponentsInput['why'] = async ({ component }) => {
      asked.push(component);
      return undefined;
    };
    const { failed, lookIn } = await componentLines(absent('2026-01-01T00:09:30Z', why));
    expect([failed, asked, lookIn]).toEqual([[], [], 30_000]);
  });

  it('have their cause asked for again a minute later, and are the same while it is', async () => {
    let cause = 'the pod cannot be scheduled';
    const since = '2026-01-01T00:00:00Z';
    const first = await componentLines(absent(since, async () => cause));
    expect(first.lookIn).toBe(60_000);
    const later = { ...absent(since, async () => cause), before: first.lines, now: NOW + 61_000 };
    expect(await componentLines(later)).toEqual(first);

    cause = 'ImagePullBackOff';
    expect((await componentLines(later)).failed[0]).toContain('ImagePullBackOff');
  });
});
