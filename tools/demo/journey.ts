import { ANNOTATION, PREFIX } from '../../api/annotations.ts';
import { CALLS_TOTAL } from '../../api/metrics/span-metrics.ts';
import { DEFAULT_STACK, FIELD_MANAGER, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { type StackStatus, statusOf } from '../../api/stack-status.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { dashboardQueries } from '../../charts/dashboards/index.ts';
import { injectedWorkloads } from '../../src/survey/targets.ts';
import { type Check, formatNumber } from '../../src/verify/check.ts';
import { type ClusterPort, openClusterPort } from '../../src/verify/cluster-port.ts';
import { verify } from '../../src/verify/verify.ts';
import { ToolError } from '../lib/tool-error.ts';
import { runWorkload, type ServedStats, servedStats } from './app.ts';
import type { JourneyContext } from './context.ts';
import { failIfStuck, getDeployment, type Rollout, rolledOut } from './deployment.ts';
import { arrived, exactnessChecks, type MeasuredUsage, RUN, traceCountCheck, USAGE_QUERIES } from './exactness.ts';
import { exampleObjects, restrictedNamespace, yamlStream } from './manifests.ts';
import { until } from './poll.ts';
import { shippedPrices } from './price-list.ts';

/** The example's Deployment, and so its service name. */
export const APP = 'my-rag';
const FAKE_OPENAI = 'fake-openai';
const STACK_LIMIT_S = 300;
const ROLLOUT_LIMIT_S = 240;
const ARRIVAL_LIMIT_S = 120;

/** `kubectl apply -f dist`, once, with the flags given. Returns kubectl's lines. */
export async function install(ctx: JourneyContext, ...flags: readonly string[]): Promise<readonly string[]> {
  const stdout = await ctx.kubectlOk(['apply', ...flags, '-f', ctx.options.dist]);
  return stdout.trim().split('\n');
}

/** The example and the API it calls, in a namespace that enforces restricted Pod Security. Does not wait for the pods. */
export async function deployExample(ctx: JourneyContext): Promise<void> {
  const { namespace, images } = ctx.options;
  await ctx.kubectlOk(
    ['apply', '-f', '-'],
    yamlStream([
      restrictedNamespace(namespace),
      ...exampleObjects('fake-openai', namespace, images.fakeOpenai),
      ...exampleObjects('rag-python', namespace, images.ragPython),
    ]),
  );
}

/** Waits until the TelemetryStack that the operator made is Ready. */
export async function stackReady(ctx: JourneyContext, note?: (text: string) => void): Promise<Partial<StackStatus>> {
  const { api, signal } = ctx.options;
  const look = async () => {
    const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
    const stack = await api.get(type, { namespace: SYSTEM_NAMESPACE, name: DEFAULT_STACK });
    if (stack === undefined) {
      await failIfStuck(api, SYSTEM_NAMESPACE, 'duotel-operator');
      return { note: 'the operator has not made it yet' };
    }
    const status = statusOf(stack);
    const find = (wanted: string) => status.conditions?.find(({ type }) => type === wanted);
    const stalled = find('Stalled');
    if (stalled?.status === 'True')
      throw new ToolError(`TelemetryStack ${DEFAULT_STACK} is stalled: ${stalled.reason}: ${stalled.message}`);
    const ready = find('Ready');
    return ready?.status === 'True' && status.observedGeneration === stack.metadata.generation
      ? { value: status }
      : { note: ready?.message ?? 'no status yet' };
  };
  return until(`TelemetryStack ${DEFAULT_STACK} being Ready`, STACK_LIMIT_S, look, { ...(note && { note }), ...(signal && { signal }) });
}

/** Waits for both Deployments of the example. */
export async function exampleReady(
  ctx: JourneyContext,
  note?: (text: string) => void,
): Promise<{ readonly app: Rollout; readonly api: Rollout }> {
  const options = { ...(note && { note }), ...(ctx.options.signal && { signal: ctx.options.signal }) };
  const [app, api] = await Promise.all([
    rolledOut(ctx.api, ctx.namespace, APP, ROLLOUT_LIMIT_S, options),
    rolledOut(ctx.api, ctx.namespace, FAKE_OPENAI, ROLLOUT_LIMIT_S),
  ]);
  return { app, api };
}

/** `kubectl annotate` an app with these (`key=value`, `key-`), and the rollout that follows. `injected` says what to wait for. */
export async function annotate(
  ctx: JourneyContext,
  app: string,
  changes: readonly string[],
  injected: boolean,
  note?: (text: string) => void,
): Promise<Rollout> {
  const options = { ...(note && { note }), ...(ctx.options.signal && { signal: ctx.options.signal }) };
  await ctx.kubectlOk([
    'annotate',
    '--overwrite',
    `deployment/${app}`,
    '-n',
    ctx.namespace,
    ...changes.map((change) => `${PREFIX}${change}`),
  ]);
  const operatorActed = async () => {
    const { metadata } = await getDeployment(ctx.api, ctx.namespace, app);
    const line = metadata.annotations?.[ANNOTATION.status] ?? '';
    const has = metadata.annotations?.[ANNOTATION.injected] !== undefined;
    if (injected && line.startsWith('Blocked')) throw new ToolError(`Deployment/${ctx.namespace}/${app}: ${line}`);
    return has === injected && (!injected || line.startsWith('Injected')) ? { value: line } : { note: `status is "${line}"` };
  };
  await until(`the operator ${injected ? 'injecting' : 'reverting'} Deployment/${ctx.namespace}/${app}`, 60, operatorActed, options);
  return rolledOut(ctx.api, ctx.namespace, app, ROLLOUT_LIMIT_S, options);
}

/** Opens the ways to Prometheus and Jaeger. */
export function openPort(ctx: JourneyContext): Promise<ClusterPort> {
  return openClusterPort(ctx.api, ctx.options.source, { namespace: SYSTEM_NAMESPACE, name: DEFAULT_STACK });
}

/** One run of the fixed workload in the app's pod, and what the fake API has served since it started. */
export async function queryOnce(ctx: JourneyContext, pods: { readonly app: string; readonly api: string }): Promise<ServedStats> {
  await runWorkload(ctx.options.source, ctx.namespace, pods.app);
  return servedStats(ctx.options.source, ctx.namespace, pods.api);
}

/** Tokens, calls and cost of a service in Prometheus, under the stable names. */
export async function measuredUsage(port: ClusterPort, service: string): Promise<MeasuredUsage> {
  const ask = (key: keyof MeasuredUsage) => port.prometheus.query(USAGE_QUERIES[key](service));
  const [input, output, requests, cost, unknown] = await Promise.all([
    ask('input'),
    ask('output'),
    ask('requests'),
    ask('cost'),
    ask('unknown'),
  ]);
  return { input, output, requests, cost, unknown };
}

/** Spans and traces of a service in Jaeger, counted over all scopes. */
export async function countTraces(port: ClusterPort, service: string): Promise<{ readonly traces: number; readonly spans: number }> {
  const traces = await port.jaeger.traces(service, 1000);
  return { traces: traces.length, spans: traces.reduce((sum, trace) => sum + trace.spans.length, 0) };
}

/** Spans of a service as the collector counted them (`calls_total`). */
export async function countCalls(port: ClusterPort, service: string): Promise<number> {
  const [sample] = await port.prometheus.query(`sum(${CALLS_TOTAL}{service_name="${service}"})`);
  return sample?.value ?? 0;
}

/** Waits until Prometheus has what was served and Jaeger the spans of `runs` runs, and Prometheus their number too. */
export async function telemetryArrived(
  ctx: JourneyContext,
  port: ClusterPort,
  served: ServedStats,
  runs: number,
  note?: (text: string) => void,
): Promise<void> {
  const look = async () => {
    const [usage, traces, calls] = await Promise.all([measuredUsage(port, APP), countTraces(port, APP), countCalls(port, APP)]);
    const tokens = [...usage.input, ...usage.output].reduce((sum, { value }) => sum + value, 0);
    const text = `${formatNumber(tokens)} of ${served.prompt_tokens + served.completion_tokens} tokens, ${traces.spans} of ${RUN.spans * runs} spans (${calls} counted)`;
    return arrived(served, usage) && Math.min(traces.spans, calls) >= RUN.spans * runs ? { value: true } : { note: text };
  };
  await until('telemetry of the run arriving', ARRIVAL_LIMIT_S, look, {
    ...(note && { note }),
    ...(ctx.options.signal && { signal: ctx.options.signal }),
  });
}

/** The three verification steps for the app, as `duotel verify` makes them. */
export async function verifyApp(ctx: JourneyContext, port: ClusterPort): Promise<readonly Check[]> {
  return verify(injectedWorkloads([await getDeployment(ctx.api, ctx.namespace, APP)]), port);
}

/** Tokens, calls, cost and traces against what was served. */
export async function exactness(port: ClusterPort, served: ServedStats, runs: number): Promise<readonly Check[]> {
  const [usage, traces, calls] = await Promise.all([measuredUsage(port, APP), countTraces(port, APP), countCalls(port, APP)]);
  return [...exactnessChecks(served, usage, shippedPrices()), traceCountCheck(runs, traces, calls)];
}

/** Runs every query of every dashboard that is provisioned: Prometheus must take each; not each has data in a healthy, small stack. */
export async function dashboardChecks(port: ClusterPort): Promise<readonly Check[]> {
  const results = await Promise.all(
    dashboardQueries().map(async ({ dashboard, panel, expr }) => {
      try {
        const samples = await port.prometheus.query(expr);
        return { dashboard, panel, error: undefined, data: samples.some(({ value }) => Number.isFinite(value)) };
      } catch (error) {
        return { dashboard, panel, error: error instanceof Error ? error.message : String(error), data: false };
      }
    }),
  );
  return [...new Set(results.map(({ dashboard }) => dashboard))].map((dashboard): Check => {
    const own = results.filter((result) => result.dashboard === dashboard);
    const errors = own.flatMap(({ panel, error }) => (error === undefined ? [] : [`${panel}: ${error}`]));
    const withData = own.filter(({ data }) => data).length;
    const panels = [...new Set(own.map(({ panel }) => panel))];
    const empty = panels.filter((panel) => own.every((result) => result.panel !== panel || !result.data));
    const found = [
      `${own.length} queries answered, ${withData} with data${empty.length > 0 ? ` (nothing to show in: ${empty.join(', ')})` : ''}`,
      ...errors,
    ].join('\n');
    const state = errors.length > 0 || withData === 0 ? 'failed' : 'ok';
    return {
      step: 'provisioned dashboards',
      what: dashboard,
      state,
      found,
      values: { queries: own.length, withData, errors: errors.length },
    };
  });
}

/** What the annotation's removal must bring back. */
export function revertChecks(before: Rollout, during: Rollout, after: Rollout): readonly Check[] {
  const check = (what: string, ok: boolean, found: string): Check => ({ step: 'revert', what, state: ok ? 'ok' : 'failed', found });
  const ours = [
    ...Object.keys(after.annotations).filter((key) => key.startsWith(PREFIX) && key !== ANNOTATION.status),
    ...after.managers.filter((manager) => manager === FIELD_MANAGER).map((manager) => `field manager ${manager}`),
  ];
  const sameSet = after.replicaSet.name === before.replicaSet.name && after.replicaSet.uid === before.replicaSet.uid;
  return [
    check(
      'same ReplicaSet as before',
      sameSet && during.replicaSet.uid !== before.replicaSet.uid,
      `${before.replicaSet.name} -> ${during.replicaSet.name} -> ${after.replicaSet.name}`,
    ),
    check(
      'template equal, byte for byte',
      after.template === before.template && during.template !== before.template,
      `${before.template.length} bytes -> ${during.template.length} -> ${after.template.length}`,
    ),
    check(
      'no annotation, no field of ours is left',
      ours.length === 0,
      ours.join(', ') || `fields belong to ${[...new Set(after.managers)].join(', ')}`,
    ),
  ];
}
