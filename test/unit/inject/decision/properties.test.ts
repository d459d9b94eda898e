import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { nestAt } from '../../../../api/value-at.ts';
import { decideWorkload } from '../../../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../../../src/inject/decision/decision.ts';
import { workloadKind } from '../../../../src/inject/workload/kinds.ts';
import { type PodSpec, podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { asked, envItem, OFF, STACKS, stackIndices, userWorkload } from '../../../support/workloads/arbitrary-workload.ts';
import { after, annotate, input, owned } from '../../../support/workloads/injection.ts';
import { strategicMerge } from '../../../support/workloads/strategic-merge.ts';

const RUNS = { numRuns: Number(process.env['FC_RUNS'] ?? 300), seed: Number(process.env['FC_SEED'] ?? 20261122) } as const;

function pod(object: KubeObject): PodSpec {
  return podTemplate(object)?.spec ?? { containers: [] };
}

function settle(object: KubeObject, stackIndex: number): KubeObject {
  const stacks = STACKS.slice(stackIndex, stackIndex + 1);
  const plan: Decision = decideWorkload(input(object, { stacks }));
  const result = after(object, plan);
  expect(decideWorkload(input(result, { stacks })).action).toBe('none');
  return result;
}

describe('for any workload and any annotations', () => {
  it("what is the user's is the same before and after, in the same order, and a second plan does nothing", () => {
    const property = fc.property(userWorkload, asked, stackIndices, (original, annotations, stackIndex) => {
      const result = pod(settle(annotate(original, annotations), stackIndex));
      const theirs = new Set(pod(original).containers.flatMap(({ name, env = [] }) => env.map((item) => `${name}/${item.name}`)));
      const rest = {
        ...result,
        volumes: (result.volumes ?? []).filter(({ name }) => name === 'data'),
        containers: result.containers.map(({ env = [], volumeMounts = [], ...other }) => ({
          ...other,
          env: env.filter(({ name }) => theirs.has(`${other.name}/${name}`)),
          volumeMounts: volumeMounts.filter(({ name }) => name === 'data'),
        })),
      };
      const before = { ...pod(original), containers: pod(original).containers.map((one) => ({ env: [], volumeMounts: [], ...one })) };
      expect(rest).toEqual(before);
    });
    fc.assert(property, RUNS);
  });

  it('every reference to a variable comes after it', () => {
    const property = fc.property(userWorkload, asked, stackIndices, (original, annotations, stackIndex) => {
      for (const { name: containerName, env = [] } of pod(settle(annotate(original, annotations), stackIndex)).containers) {
        const mine = new Set((pod(original).containers.find(({ name }) => name === containerName)?.env ?? []).map(({ name }) => name));
        env.forEach(({ name, value = '' }, index) => {
          if (mine.has(name)) return;
          for (const [, reference = ''] of value.replaceAll('$$', '').matchAll(/\$\(([^)]+)\)/g)) {
            const position = env.findIndex((item) => item.name === reference);
            expect([name, position >= 0 && position < index]).toEqual([name, true]);
          }
        });
      }
    });
    fc.assert(property, RUNS);
  });

  it('ten cycles of changing settings, then none, leave the template and the metadata as they were', () => {
    const steps = fc.array(fc.tuple(asked, stackIndices), { minLength: 10, maxLength: 10 });
    const property = fc.property(userWorkload, steps, (original, cycles) => {
      let object = original;
      for (const [annotations, stackIndex] of cycles) object = settle(annotate(object, annotations), stackIndex);
      expect(settle(annotate(object, OFF), 0)).toEqual(original);
    });
    fc.assert(property, { ...RUNS, numRuns: Math.ceil(RUNS.numRuns / 3) });
  });

  it('what the user changes meanwhile is there after the end, as it would be without us, and nothing of ours', () => {
    const property = fc.property(userWorkload, asked, envItem, stackIndices, (original, annotations, edit, stackIndex) => {
      const first = pod(original).containers[0]?.name ?? 'app';
      const path = workloadKind(original)?.templatePath ?? [];
      const change = nestAt([...path, 'spec'], {
        containers: [{ name: first, env: [edit.valueFrom === undefined ? { valueFrom: null, ...edit } : { value: null, ...edit }] }],
      });
      const theyEdit = (object: KubeObject) =>
        owned(strategicMerge(object, change) as KubeObject, { containers: [{ name: first, env: [edit] }] }, 'editor');
      const end = settle(annotate(settle(theyEdit(settle(annotate(original, annotations), stackIndex)), stackIndex), OFF), stackIndex);
      const without = theyEdit(original);
      const sorted = (object: KubeObject) => ({
        ...pod(object),
        containers: pod(object).containers.map(({ env = [], ...rest }) => ({
          ...rest,
          env: env.toSorted((a, b) => a.name.localeCompare(b.name)),
        })),
      });
      expect(sorted(end)).toEqual(sorted(without));
    });
    fc.assert(property, RUNS);
  });
});
