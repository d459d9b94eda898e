import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../../api/kube-object.ts';
import { metricSum } from '../../../tools/scale/exposition.ts';
import { median, quantile, slope } from '../../../tools/scale/statistics.ts';
import { deploymentOf, nextChange, type SoakWorkload, soakWorkloads } from '../../../tools/soak/churn.ts';
import { stackFaults, workloadFaults } from '../../../tools/soak/oracle.ts';
import { SeededRandom } from '../../../tools/soak/random.ts';
import { passed, type SoakResult, slopes, soakMarkdown } from '../../../tools/soak/report.ts';
import type { Sample } from '../../../tools/soak/sample.ts';

const STACKS = ['duotel', 'other'];
const [workload] = soakWorkloads(1, STACKS);
if (workload === undefined) throw new Error('no workload');
const annotated: SoakWorkload = { ...workload, backend: 'both' };

/** The Deployment as the operator leaves it. */
function injected(model: SoakWorkload): KubeObject {
  const made = deploymentOf(model, 'fake-0');
  const record = JSON.stringify({ stack: `duotel/${model.stack}` });
  const annotations = { ...made.metadata.annotations, 'duotel.io/status': 'Injected both', 'duotel.io/injected': record };
  const env = [
    { name: 'OBSERVABILITY_BACKEND', value: model.backend },
    { name: 'KEEP', value: model.keep },
  ];
  const template = { ...made.spec.template, spec: { ...made.spec.template.spec, containers: [{ name: 'app', env }] } };
  return { ...made, metadata: { ...made.metadata, annotations }, spec: { ...made.spec, template } };
}

const sample = (minute: number, rssMb: number): Sample => ({
  minute,
  rssMb,
  peakRssMb: rssMb,
  fds: 20,
  cpuSeconds: 1,
  heapMb: 30,
  activeResources: 10,
  missedEvents: 0,
  watchTroubles: 0,
  reconcileErrors: 0,
  retries: 0,
  changes: 1,
  writes: { 'patch deployments': 2 },
});

describe('the churn of a soak', () => {
  it('is the same for the same seed', () => {
    const steps = (seed: number): unknown[] => {
      const random = new SeededRandom(seed);
      return Array.from({ length: 200 }, (_, step) => nextChange(random, [workload, annotated], STACKS, step));
    };
    expect(steps(7)).toEqual(steps(7));
    expect(steps(7)).not.toEqual(steps(8));
  });

  it('reaches every kind of change', () => {
    const random = new SeededRandom(1);
    const types = new Set(Array.from({ length: 3000 }, (_, step) => nextChange(random, [workload, annotated], STACKS, step).type));
    expect([...types].sort()).toEqual([
      'annotate',
      'break-stack',
      'break-workload',
      'change-mode',
      'edit-env',
      'edit-stack',
      'move-stack',
      'recreate',
      'remove',
      'scale',
    ]);
  });
});

describe('the end of a soak', () => {
  it('finds nothing wrong with a workload that is as its annotation says', () => {
    expect(workloadFaults(annotated, injected(annotated))).toEqual([]);
    expect(workloadFaults(workload, deploymentOf(workload, 'fake-0') as KubeObject)).toEqual([]);
  });

  it.each<[string, SoakWorkload, KubeObject | undefined, RegExp]>([
    ['that is gone', workload, undefined, /is not there/],
    [
      'that was not injected',
      annotated,
      deploymentOf(annotated, 'fake-0') as KubeObject,
      /OBSERVABILITY_BACKEND is undefined, expected "both"/,
    ],
    ['that keeps what was injected', workload, injected(annotated), /the record is .* expected undefined/],
    ['that lost a change of its user', { ...annotated, keep: 'v9' }, injected(annotated), /KEEP is "v0", expected "v9"/],
    ['that reports to another stack', { ...annotated, stack: 'other' }, injected(annotated), /stack of the record is "duotel\/duotel"/],
  ])('names a workload %s', (_, model, live, expected) => {
    expect(workloadFaults(model, live).join('\n')).toMatch(expected);
  });

  it('names a stack whose status lags, or whose inventory does', () => {
    const inventory = [{ apiVersion: 'v1', kind: 'Service', name: 'duotel-jaeger', namespace: 'duotel' }];
    const stack = (observedGeneration: number): KubeObject => ({
      apiVersion: 'duotel.io/v1alpha1',
      kind: 'TelemetryStack',
      metadata: { name: 'duotel', generation: 2 },
      status: { observedGeneration, inventory },
    });
    expect(stackFaults(stack(2), () => true)).toEqual([]);
    expect(stackFaults(stack(1), () => true)).toEqual(['TelemetryStack/duotel: status.observedGeneration is 1, expected 2']);
    expect(stackFaults(stack(2), () => false)).toEqual([
      'TelemetryStack/duotel: Service/duotel-jaeger is in the inventory and not in the cluster',
    ]);
  });
});

describe('the report of a soak', () => {
  const result = (end: SoakResult['end']): SoakResult => ({
    commit: 'abc',
    started: '2026-11-22T00:00:00Z',
    minutes: 120,
    seed: 1,
    workloads: 1,
    stacks: 1,
    cuts: 2,
    changes: { annotate: 1 },
    samples: Array.from({ length: 121 }, (_, minute) => sample(minute, 100 + Math.max(0, 60 - minute))),
    end,
  });
  const checked = { type: 'checked', settledSeconds: 1, silentSeconds: 60, writesInSilence: 0, faults: [] } as const;

  it('measures growth after the warm-up only', () => {
    const flat = Array.from({ length: 121 }, (_, minute) => sample(minute, minute < 30 ? 50 + minute : 80));
    expect(slopes(flat).rssMb).toBeCloseTo(0);
    expect(slopes(Array.from({ length: 121 }, (_, minute) => sample(minute, minute))).rssMb).toBeCloseTo(60);
  });

  it('is a pass only when nothing is wrong and nothing was written in the silence', () => {
    expect(passed(result(checked))).toBe(true);
    expect(passed(result({ ...checked, faults: ['x'] }))).toBe(false);
    expect(passed(result({ ...checked, writesInSilence: 1 }))).toBe(false);
    expect(passed(result({ type: 'interrupted' }))).toBe(false);
  });

  it('shows the last sample, and not all of them', () => {
    const rows = soakMarkdown(result(checked))
      .split('\n')
      .filter((line) => line.startsWith('| '));
    expect(rows.length).toBeLessThanOrEqual(27);
    expect(rows.at(-1)).toMatch(/^\| 120 \|/);
  });
});

describe('the figures', () => {
  it('has the median between the least and the greatest, and quantiles among the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          expect(median(values)).toBeGreaterThanOrEqual(Math.min(...values));
          expect(median(values)).toBeLessThanOrEqual(Math.max(...values));
          expect(values).toContain(quantile(values, q));
          expect(quantile(values, 1)).toBe(Math.max(...values));
        },
      ),
    );
  });

  it('has the slope of a line that the points lie on', () => {
    expect(slope([0, 1, 2, 3].map((x) => ({ x, y: 2 * x + 5 })))).toBeCloseTo(2);
    expect(slope([{ x: 1, y: 9 }])).toBe(0);
  });

  it('reads sums out of the text format', () => {
    const text = '# HELP a b\na{code="200",method="GET"} 3\na{code="500",method="GET"} 4\nab 9\n';
    expect(metricSum(text, 'a')).toBe(7);
    expect(metricSum(text, 'a', { code: '500' })).toBe(4);
    expect(metricSum(text, 'b')).toBeUndefined();
  });
});
