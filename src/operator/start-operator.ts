import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { jsonLogger } from '../controller/logger.ts';
import { Metrics } from '../controller/metrics.ts';
import { WriteFence } from '../kube/lease/fence.ts';
import { RequestLimiter } from '../kube/rest/request-limiter.ts';
import { createKubeApi } from '../kube/rest/rest-kube-api.ts';
import { systemClock } from '../kube/system-clock.ts';
import type { OperatorArguments } from './operator-arguments.ts';
import { runOperator } from './run-operator.ts';

/** The kubelet kills after 30 s. If something hangs in spite of everything, the process ends by itself before. */
const LAST_RESORT_MS = 28_000;

/** Runs the operator as a process: against a real cluster, with its log on standard output, until a signal ends it. */
export async function startOperator({
  kubeconfig,
  context,
  namespace,
  scope,
  listen,
  leaderElect,
  debug,
}: OperatorArguments): Promise<void> {
  const metrics = new Metrics();
  const logger = jsonLogger((line) => process.stdout.write(line), { debug });
  const fence = leaderElect ? new WriteFence() : undefined;
  const api = await createKubeApi(
    { ...(kubeconfig && { kubeconfig }), ...(context && { context }) },
    {
      ...(fence && { fence }),
      limiter: new RequestLimiter({ clock: systemClock }),
      onRequest: ({ method, status, seconds, host }) => {
        metrics.requests.inc({ method, code: String(status), host });
        metrics.requestSeconds.observe({ verb: method, host }, seconds);
      },
      onRetry: ({ method }) => metrics.requestRetries.inc({ verb: method }),
    },
  );
  const election = fence && { api: api.forLease(), fence, identity: `${hostname()}_${randomUUID()}` };
  try {
    await runOperator(
      { api, logger, metrics, namespace, ...(scope !== undefined && { scope }), listen, ...(election && { election }) },
      untilSignal(),
    );
  } finally {
    await api.close();
  }
}

/** Aborts when the process is told to stop. */
function untilSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const)
    process.once(name, () => {
      stop.abort();
      setTimeout(() => process.exit(1), LAST_RESORT_MS).unref();
    });
  return stop.signal;
}
