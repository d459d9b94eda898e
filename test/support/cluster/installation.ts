import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { SYSTEM_NAMESPACE } from '../../../api/names.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import { WriteFence } from '../../../src/kube/lease/fence.ts';
import { RequestLimiter } from '../../../src/kube/rest/request-limiter.ts';
import { createKubeApi } from '../../../src/kube/rest/rest-kube-api.ts';
import { systemClock } from '../../../src/kube/system-clock.ts';
import { runOperator } from '../../../src/operator/run-operator.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { eventually } from '../time/eventually.ts';

/** For a machine that is busy. */
const KUBECTL_LIMIT_MS = 180_000;

/** Runs `cdk8s synth` and returns the folder. `settings` is the text of a settings file; default: none. */
export function synthesize(settings?: string): { readonly dist: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'duotel-synth-'));
  const file = join(folder, 'settings.yaml');
  if (settings !== undefined) writeFileSync(file, settings);
  const dist = join(folder, 'dist');
  execFileSync('node_modules/.bin/cdk8s', ['synth', '--output', dist], {
    env: {
      ...process.env,
      CDK8S_CHECK_UPGRADE: 'false',
      ...(settings !== undefined && { DUOTEL_SETTINGS: file }),
      PATH: `${process.cwd()}/node_modules/.bin:${process.env['PATH']}`,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { dist, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface RunningOperator {
  readonly log: readonly Record<string, unknown>[];
  /** In the text format of Prometheus. */
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

export interface OperatorOptions {
  /** @default false */
  readonly leaderElect?: boolean;
  /** Namespaces of apps; default: all. */
  readonly scope?: readonly string[];
  readonly programMarginMs?: number;
}

/**
 * Runs the operator in this process, with the token of its own service account: it may do what `dist` allows it, and no more.
 * The control plane has no kubelet, so the operator's Deployment has no pods that would get in its way.
 */
export async function startOperator(
  cluster: ControlPlane,
  { leaderElect = false, scope, programMarginMs }: OperatorOptions = {},
): Promise<RunningOperator> {
  const kubeconfig = await tokenKubeconfig(cluster);
  const log: Record<string, unknown>[] = [];
  const say =
    (level: string) =>
    (message: string, fields = {}): void => {
      log.push({ level, message, ...fields });
    };
  const logger = { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
  const fence = leaderElect ? new WriteFence() : undefined;
  const api = await createKubeApi({ kubeconfig }, { ...(fence && { fence }), limiter: new RequestLimiter({ clock: systemClock }) });
  const election = fence && { api: api.forLease(), fence, identity: randomUUID() };
  const metrics = new Metrics();
  const stop = new AbortController();
  const options = {
    ...(election && { election }),
    ...(scope && { scope }),
    ...(programMarginMs !== undefined && { programMarginMs }),
  };
  const running = runOperator({ api, logger, metrics, namespace: SYSTEM_NAMESPACE, ...options }, stop.signal);
  running.catch((error) => log.push({ level: 'fatal', message: String(error) }));
  return {
    log,
    metrics: () => metrics.registry.metrics(),
    async stop() {
      stop.abort();
      await running;
      await api.close();
    },
  };
}

/** Waits until an operator has read everything and begins: before that it can do nothing wrong. */
export async function controllersStarted({ log }: RunningOperator): Promise<void> {
  await eventually('the operator to start its controllers', async () =>
    log.some(({ message }) => message === 'caches are in, controllers start'),
  );
}

/** Path of a kubeconfig with a new token of the operator's service account, or of another one. */
export async function tokenKubeconfig(cluster: ControlPlane, name = 'duotel-operator', namespace = SYSTEM_NAMESPACE): Promise<string> {
  const token = await must(cluster, ['create', 'token', name, '--namespace', namespace, '--duration', '2h']);
  const raw = JSON.parse(await must(cluster, ['config', 'view', '--raw', '--output', 'json']));
  const kubeconfig = join(mkdtempSync(join(tmpdir(), 'duotel-operator-')), 'kubeconfig');
  writeFileSync(
    kubeconfig,
    stringify({ ...raw, users: raw.users.map(({ name }: { name: string }) => ({ name, user: { token: token.trim() } })) }),
  );
  return kubeconfig;
}

/** Standard output of kubectl. Throws with its standard error when it fails. */
export async function must(cluster: ControlPlane, args: readonly string[], input?: string): Promise<string> {
  const { stdout, stderr, code } = await cluster.kubectl(args, input, KUBECTL_LIMIT_MS);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** An object as JSON; undefined when it is not there. */
export async function getObject<T = Record<string, never>>(
  cluster: ControlPlane,
  what: string,
  namespace: string = SYSTEM_NAMESPACE,
): Promise<T | undefined> {
  const text = await must(cluster, [
    'get',
    what,
    '--namespace',
    namespace,
    '--ignore-not-found',
    '--output',
    'json',
    '--show-managed-fields',
  ]);
  return text === '' ? undefined : JSON.parse(text);
}
