import type { Check } from '../../src/verify/check.ts';
import type { JourneyContext } from './context.ts';
import {
  APP,
  annotate,
  dashboardChecks,
  deployExample,
  exactness,
  exampleReady,
  install,
  openPort,
  queryOnce,
  revertChecks,
  stackReady,
  telemetryArrived,
  verifyApp,
} from './journey.ts';

/**
 * The journey from an empty cluster to the revert, on the cluster of the context. Returns what was found; throws ToolError where it can
 * not go on.
 *
 * The workload runs twice: Prometheus' `rate` needs a counter that moved between two scrapes, and a single run would leave each of the
 * dashboard's rates at a true but silent zero.
 */
export async function runJourney(ctx: JourneyContext): Promise<readonly Check[]> {
  const checks: Check[] = [];
  const exact: Check[] = [];
  const ok = (step: string, what: string, found: string): void => void checks.push({ step, what, state: 'ok', found });

  const applied = await ctx.step('kubectl apply -f dist', () => install(ctx));
  ok('install', 'kubectl apply -f dist, once', `exit 0, ${applied.length} objects`);
  await ctx.step('deploying the RAG app and its API (restricted Pod Security)', () => deployExample(ctx));
  const [status, before] = await Promise.all([
    ctx.step('waiting for the TelemetryStack', (note) => stackReady(ctx, note)),
    ctx.step('waiting for the app, not yet instrumented', (note) => exampleReady(ctx, note)),
  ]);
  ok('install', 'TelemetryStack Ready', (status.components ?? []).map(({ name, message }) => `${name}: ${message}`).join(', '));

  const during = await ctx.step('kubectl annotate duotel.io/backend=both duotel.io/bootstrap=python, and the rollout', (note) =>
    annotate(ctx, APP, ['backend=both', 'bootstrap=python'], true, note),
  );
  ok('enable', 'one rollout', `${before.app.replicaSet.name} -> ${during.replicaSet.name}`);
  ok('enable', 'duotel.io/status', during.annotations['duotel.io/status'] ?? '');

  const pods = { app: during.pod, api: before.api.pod };
  const port = await openPort(ctx);
  try {
    for (const run of [1, 2]) {
      const served = await ctx.step(`running the workload (${run} of 2)`, () => queryOnce(ctx, pods));
      await ctx.step('waiting for its tokens in Prometheus and its spans in Jaeger', (note) =>
        telemetryArrived(ctx, port, served, run, note),
      );
      const found = await exactness(port, served, run);
      exact.push(...(run === 1 ? found.filter(({ what }) => what.startsWith('traces')) : found));
    }
    checks.push(...(await ctx.step('verifying', () => verifyApp(ctx, port))), ...exact);
    checks.push(...(await ctx.step('running every query of the provisioned dashboards', () => dashboardChecks(port))));
  } finally {
    await port.close();
  }

  const after = await ctx.step('kubectl annotate duotel.io/backend- duotel.io/bootstrap-, and the rollout', (note) =>
    annotate(ctx, APP, ['backend-', 'bootstrap-'], false, note),
  );
  checks.push(...revertChecks(before.app, during, after));
  return checks;
}
