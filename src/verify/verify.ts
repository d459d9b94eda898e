import type { Runtime } from '../../api/runtimes/runtime.ts';
import { type InjectedWorkload, workloadId } from '../survey/targets.ts';
import type { Check } from './check.ts';
import { type JaegerClient, NAMESPACE_TAG } from './jaeger.ts';
import { logChecks, type PodLog } from './log-facts.ts';
import { dashboardQuestions, type MetricQuestion, producerQuestion, stableMetricQuestions } from './metric-checks.ts';
import type { PrometheusClient } from './prometheus.ts';
import { ownTraces, TRACE_LIMIT, traceChecks } from './trace-checks.ts';

/** What verification reads; `cluster-port.ts` is the one that reads a real cluster. */
export interface VerifyPort {
  /** Logs of the workload's running pods, from their start. */
  logs(workload: InjectedWorkload): Promise<readonly PodLog[]>;
  readonly prometheus: Pick<PrometheusClient, 'query'>;
  readonly jaeger: Pick<JaegerClient, 'services' | 'operations' | 'traces'>;
}

export interface VerifyOptions {
  /** Whether each check says of which workload it is: `Kind/namespace/name: ` before `what`. Default: where there are several. */
  readonly named?: boolean;
  /** The languages whose log lines are known. Default: those of this release. */
  readonly runtimes?: readonly Runtime[];
}

/** The checks of docs/dual-mode.md for the workloads of one stack, in its order, each workload by itself. Reads only. */
export async function verify(
  workloads: readonly InjectedWorkload[],
  port: VerifyPort,
  { named = workloads.length > 1, runtimes }: VerifyOptions = {},
): Promise<readonly Check[]> {
  const each = async (look: (workload: InjectedWorkload) => Promise<readonly Check[]>): Promise<readonly Check[]> => {
    const checks = await Promise.all(
      workloads.map(async (workload) => {
        const found = await look(workload);
        return named ? found.map((check) => ({ ...check, what: `${workloadId(workload)}: ${check.what}` })) : found;
      }),
    );
    return checks.flat();
  };
  const [logs, metrics, dashboards, traces] = await Promise.all([
    each(async (workload) => logChecks(workload, await port.logs(workload), runtimes)),
    each((workload) => askAll([...stableMetricQuestions(workload), producerQuestion(workload)], port)),
    askAll(dashboardQuestions(workloads), port),
    each((workload) => lookUp(workload, port)),
  ]);
  return [...logs, ...metrics, ...dashboards, ...traces];
}

async function askAll(questions: readonly MetricQuestion[], { prometheus }: VerifyPort): Promise<readonly Check[]> {
  return Promise.all(questions.map(async ({ expr, judge }) => judge(await prometheus.query(expr))));
}

async function lookUp(workload: InjectedWorkload, { jaeger }: VerifyPort): Promise<readonly Check[]> {
  const { service, namespace } = workload;
  const [services, operations, newest] = await Promise.all([
    jaeger.services(),
    jaeger.operations(service),
    jaeger.traces(service, TRACE_LIMIT),
  ]);
  // A busy namesake may fill the answer: then the workload's own are asked for. Not before: the answer must not depend on the index.
  const crowded = newest.length >= TRACE_LIMIT && ownTraces(workload, newest).spans.length === 0;
  const traces = crowded ? await jaeger.traces(service, TRACE_LIMIT, { [NAMESPACE_TAG]: namespace }) : newest;
  return traceChecks(workload, { services, operations, traces });
}
