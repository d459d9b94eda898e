import type { Server } from 'node:http';
import { OPERATOR_NAME } from '../../api/names.ts';
import { TELEMETRY_STACK } from '../../api/telemetry-stack.ts';
import { synthStack } from '../../charts/synth-stack.ts';
import { watchEventLoop } from '../controller/event-loop.ts';
import { withGrace } from '../controller/grace.ts';
import { closeProbes, serveProbes } from '../controller/http-server.ts';
import { joinElection, LeadershipLostError, type Membership } from '../controller/leadership.ts';
import { errorText, type Logger, withContext } from '../controller/logger.ts';
import type { Clock } from '../kube/clock.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { systemClock } from '../kube/system-clock.ts';
import { Operator } from './operator.ts';
import type { OperatorOptions, ResolvedOperatorOptions } from './operator-options.ts';

/**
 * After a stop: time for the work in hand, then time for it to end once its requests have been cut. Together with the rest, less than the
 * 30 s of a pod.
 */
const GRACE_MS = 10_000;
const CUT_MS = 3000;

/**
 * Runs the operator until `stop` aborts: it serves probes, watches, waits until it may write, works, and ends. The caches stay warm while
 * another process leads.
 * @throws LeadershipLostError when this process may no longer write, or the cluster was restored from a backup; the error of a start that
 * fails.
 */
export async function runOperator(given: OperatorOptions, stop: AbortSignal): Promise<void> {
  // Our own signal as well, so that a start that fails ends everything it has started.
  const own = new AbortController();
  const signal = AbortSignal.any([stop, own.signal]);
  const options: ResolvedOperatorOptions = {
    synth: synthStack,
    clock: systemClock,
    wallClock: Date.now,
    random: Math.random,
    ...given,
    logger: withContext(given.logger),
  };
  const { api, logger, metrics, namespace, election, clock, random } = options;
  const operator = new Operator(options);

  let server: Server | undefined;
  let membership: Membership | undefined;
  let lost = false;
  try {
    const probes = {
      alive: watchEventLoop(signal, clock),
      notReady: () => operator.notReady,
      metrics: () => metrics.registry.metrics(),
      onTrouble: (what: string, error: unknown) => logger.error('probe failed', { what, error: errorText(error) }),
    };
    server = options.listen && (await serveProbes(probes, options.listen));
    await served(api, logger, clock, signal);
    if (signal.aborted) return;
    const { following } = await operator.watch(signal);
    if (election !== undefined) {
      const onLost = (): void => {
        lost = true;
        own.abort();
      };
      membership = joinElection({ election, name: OPERATOR_NAME, namespace, clock, random, logger, metrics, onLost });
      await withGrace(membership.leading, signal, 0, clock);
    }
    if (lost) throw new LeadershipLostError();
    if (signal.aborted) return;
    const cut = new AbortController();
    const working = Promise.all([operator.work(signal, cut.signal), following]);
    const ended = await withGrace(working, signal, GRACE_MS, clock);
    cut.abort();
    if (ended === 'cut') await withGrace(working, signal, CUT_MS, clock);
  } finally {
    own.abort();
    // Only now, when none of our requests is under way: the next process starts on a cluster that is at rest.
    await membership?.leave();
    await withGrace(operator.cache.stopped(), signal, CUT_MS, clock);
    await closeProbes(server);
    logger.info('stopped');
  }
  if (lost) throw new LeadershipLostError();
}

/** Waits until the API server serves TelemetryStacks: `kubectl apply -f dist` brings the CRD and the operator at the same moment. */
async function served(api: KubeApi, logger: Logger, clock: Clock, signal: AbortSignal): Promise<void> {
  for (let said = false; !signal.aborted; said = true) {
    try {
      await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
      return;
    } catch (error) {
      if (!isApiError(error)) throw error;
      if (!said) logger.info('waiting for the TelemetryStack CRD', { error: errorText(error) });
    }
    await clock.sleep(500, signal);
  }
}
