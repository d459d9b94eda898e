import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FIELD_MANAGER } from '../../api/names.ts';
import { podTemplate } from '../../src/inject/workload/pod-template.ts';
import type { RestKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { TemplateHistory } from '../support/cluster/template-history.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { DELIVERIES } from '../support/gitops/deliveries.ts';
import { expected, type Mode, PHASES } from '../support/gitops/expected.ts';
import { changesOf, type Found, runScenario, type ScenarioResult } from '../support/gitops/scenario.ts';
import { withoutOurs } from '../support/gitops/without-ours.ts';

/** The tools that bring workloads into clusters, each against the real operator. docs/gitops.md is made from the same tables. */

const MODES: readonly Mode[] = ['manifest', 'kubectl'];
const SCENARIOS = DELIVERIES.flatMap((delivery) => MODES.map((mode) => ({ delivery, mode, key: `${delivery.id} ${mode}` })));
/** Scenarios at the same time. */
const LANES = 4;

const cluster = useInstallation();
let api: RestKubeApi;
let history: TemplateHistory;
const results = new Map<string, ScenarioResult>();

beforeAll(async () => {
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
  history = await TemplateHistory.start(api);
  const waiting = [...SCENARIOS];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      results.set(next.key, await runScenario(cluster, history, next.delivery, next.mode));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}, 1_800_000);

afterAll(async () => {
  history?.stop();
  await api?.close();
});

function resultOf(key: string): ScenarioResult {
  const result = results.get(key);
  if (result === undefined) throw new Error(`no result of ${key}`);
  return result;
}

/** Containers whose variables are ours, with the mode they run in. */
function injectedContainers({ app }: Found): Readonly<Record<string, string | undefined>> {
  const containers = (app === undefined ? undefined : podTemplate(app))?.spec.containers ?? [];
  const backend = containers.map(({ name, env = [] }) => [name, env.find((item) => item.name === 'OBSERVABILITY_BACKEND')?.value] as const);
  return Object.fromEntries(backend);
}

/** A variable that the owner took over stands where the operator had put it. */
function sortedEnv(template: unknown): unknown {
  const { spec, ...rest } = template as { spec: { containers: { env: { name: string }[] }[] } };
  const containers = spec.containers.map((container) => ({
    ...container,
    env: container.env.toSorted((a, b) => a.name.localeCompare(b.name)),
  }));
  return { ...rest, spec: { ...spec, containers } };
}

describe.each(SCENARIOS)('$delivery.title, annotated by $mode', ({ delivery, mode, key }) => {
  it('never fails', () => {
    expect(resultOf(key).error).toBeUndefined();
  });

  describe.each(changesOf(mode))('whose owner $does', (change) => {
    it.each(PHASES)('is as it should be: %s', (phase) => {
      const found = resultOf(key).found[change.id]?.[phase];
      if (found?.app === undefined || found.twin === undefined) throw new Error('was not reached');
      const { ours, status } = expected(delivery, mode, change)[phase];
      const { annotations = {}, managedFields = [] } = found.app.metadata;

      // What the owner sees: their fields as they set them, whatever the operator did beside.
      const same = change.id === 'take-over' ? sortedEnv : (template: unknown): unknown => template;
      expect(same(withoutOurs(found.app))).toEqual(same(withoutOurs(found.twin)));
      expect(found.theirs).toBe(phase === 'changed' || phase === 'back' ? change.theirs : 0);
      expect(found.ours).toBe(ours);

      // What the operator did.
      expect(managedFields.map(({ manager }) => manager)).not.toContain(FIELD_MANAGER);
      if (status === undefined) {
        expect(annotations).not.toHaveProperty('duotel.io/status');
        expect(annotations).not.toHaveProperty('duotel.io/injected');
        expect(Object.values(injectedContainers(found)).filter(Boolean)).toEqual([]);
      } else {
        expect(annotations['duotel.io/status']).toMatch(new RegExp(`^${status}`));
      }
      if (phase === 'off') expect(Object.keys(annotations).filter((name) => name.startsWith('duotel.io/'))).toEqual([]);
      const backend = /^Injected (\w+)/.exec(status ?? '')?.[1];
      if (backend !== undefined) {
        const all = Object.entries(injectedContainers(found));
        expect(all.filter(([name]) => change.id !== 'sidecar' || name !== 'helper').map(([, value]) => value)).toEqual(
          all.filter(([name]) => change.id !== 'sidecar' || name !== 'helper').map(() => backend),
        );
      }
    });
  });

  it('lets the operator rest once all has settled', () => {
    expect(resultOf(key).restless).toEqual([]);
  });

  it('leaves nothing when it is removed', () => {
    expect(resultOf(key).left).toEqual([]);
  });

  if (delivery.verdicts !== undefined) {
    it('is in sync after the injection, after each change and after the revert', () => {
      const { compared, outOfSync } = resultOf(key);
      expect(outOfSync).toEqual([]);
      expect(compared).toBeGreaterThanOrEqual(changesOf(mode).length * 2 * (PHASES.length - 1));
    });
  }
});

describe('the operator', () => {
  it('was refused nothing and failed at nothing', () => {
    const failures = cluster.operator.log.filter(({ level }) => level === 'error' || level === 'fatal');
    // Somebody wrote between our read and our write: planned again, and no failure.
    expect(failures.filter(({ error }) => !String(error).includes('Conflict'))).toEqual([]);
  });
});
