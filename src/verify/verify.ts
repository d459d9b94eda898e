import type { Check } from './check.ts';
import type { JaegerClient } from './jaeger.ts';
import { logChecks, type PodLog } from './log-facts.ts';
import { dashboardQuestions, type MetricQuestion, producerQuestion, seedMetricQuestions } from './metric-checks.ts';
import type { PrometheusClient } from './prometheus.ts';
import type { InjectedWorkload } from './targets.ts';
import { TRACE_LIMIT, traceChecks } from './trace-checks.ts';

/** What verification reads; `cluster-port.ts` is the one that reads a real cluster. */
export interface VerifyPort {
  /** Logs of the workload's running pods, from their start. */
  logs(workload: InjectedWorkload): Promise<readonly PodLog[]>;
  readonly prometheus: Pick<PrometheusClient, 'query'>;
  readonly jaeger: Pick<JaegerClient, 'services' | 'operations' | 'traces'>;
}

/** The three verification steps of the source document for the workloads of one stack, in its order. Reads only. */
export async function verify(workloads: readonly InjectedWorkload[], port: VerifyPort): Promise<readonly Check[]> {
  const [logs, metrics, traces] = await Promise.all([
    Promise.all(workloads.map(async (workload) => logChecks(workload, await port.logs(workload)))),
    Promise.all(questions(workloads).map((question) => ask(question, port))),
    Promise.all(workloads.map((workload) => lookUp(workload, port))),
  ]);
  return [...logs.flat(), ...metrics, ...traces.flat()];
}

function questions(workloads: readonly InjectedWorkload[]): readonly MetricQuestion[] {
  return [...seedMetricQuestions(workloads), producerQuestion(workloads), ...dashboardQuestions(workloads)];
}

async function ask(question: MetricQuestion, { prometheus }: VerifyPort): Promise<Check> {
  return question.judge(await prometheus.query(question.expr));
}

async function lookUp(workload: InjectedWorkload, { jaeger }: VerifyPort): Promise<readonly Check[]> {
  const [services, operations, traces] = await Promise.all([
    jaeger.services(),
    jaeger.operations(workload.service),
    jaeger.traces(workload.service, TRACE_LIMIT),
  ]);
  return traceChecks(workload, { services, operations, traces });
}
