import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CredentialsSource } from '../../src/kube/credentials.ts';
import { type Cluster, downCluster, upCluster } from '../cluster/cluster.ts';
import { EMBEDDED_NOTE } from '../cluster/embedded-stack.ts';
import { LOCAL_IMAGES } from '../images/images.ts';
import { formatDuration, say, step } from '../lib/progress.ts';
import { type DriveInput, drive } from './drive.ts';
import { type DemoOptions, parseOptions } from './options.ts';
import { checkEmpty, removeAll } from './own-cluster.ts';
import { synth } from './synth.ts';

/** Namespace of the example. */
const NAMESPACE = 'demo';

async function main(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'duotel-demo-'));
  try {
    return await (options.context === undefined ? embedded(options, folder, signal) : ownCluster(options, folder, signal));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The whole journey on a cluster that is made for it. */
async function embedded(options: DemoOptions, folder: string, signal: AbortSignal): Promise<number> {
  let code = 1;
  try {
    await downCluster(options.cluster);
    // Synthesizing needs no cluster: it is done while the node starts.
    const rendering = step('cdk8s synth', () => synth(folder, true));
    rendering.catch(() => undefined);
    const cluster = await upCluster(options.cluster, { signal });
    say(`note: ${EMBEDDED_NOTE}`);
    const input: DriveInput = {
      source: {},
      dist: await rendering,
      namespace: NAMESPACE,
      images: { ragPython: LOCAL_IMAGES.ragPython, fakeOpenai: LOCAL_IMAGES.fakeOpenai },
      output: options.output,
    };
    code = await inside(cluster, input, signal);
    signal.throwIfAborted();
    if (options.ending !== 'exit') sayHowToLook(options.cluster);
    if (options.ending === 'wait') await interrupted(signal);
    return code;
  } finally {
    if (options.ending !== 'keep' || signal.aborted) await downCluster(options.cluster);
  }
}

/** Runs drive.ts inside the cluster's network namespace, where its API server can be reached, and gives its exit code. */
async function inside(cluster: Cluster, input: DriveInput, signal: AbortSignal): Promise<number> {
  const { command, args, env } = cluster.inCluster(process.execPath, [join(import.meta.dirname, 'drive.ts'), JSON.stringify(input)]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
  const forward = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', forward);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 128));
    });
  } finally {
    signal.removeEventListener('abort', forward);
  }
}

/** The journey on a cluster of the user's: nothing is built, and what the demo made is taken away again unless it is to stay. */
async function ownCluster(options: DemoOptions, folder: string, signal: AbortSignal): Promise<number> {
  const source: CredentialsSource = {
    ...(options.context !== undefined && { context: options.context }),
    ...(options.kubeconfig !== undefined && { kubeconfig: options.kubeconfig }),
  };
  await checkEmpty(source, NAMESPACE);
  const dist = await step('cdk8s synth', () => synth(folder, false));
  const images = options.images ?? { ragPython: 'my-rag:latest', fakeOpenai: 'fake-openai:latest' };
  try {
    const ok = await drive({ source, dist, namespace: NAMESPACE, images, output: options.output }, signal);
    if (options.ending !== 'exit') sayHowToLook(undefined);
    if (options.ending === 'wait') await interrupted(signal);
    return ok ? 0 : 1;
  } finally {
    if (options.ending !== 'keep' || signal.aborted) await step('removing what the demo made', () => removeAll(source, dist, NAMESPACE));
  }
}

function sayHowToLook(cluster: string | undefined): void {
  const prefix = cluster === undefined ? '' : `npm run cluster -- exec --name ${cluster} -- `;
  say(
    [
      '\nIt stays up. To look at it:',
      `  ${prefix}npx duotel status`,
      `  ${prefix}kubectl annotate -n ${NAMESPACE} deployment/my-rag duotel.io/backend=both duotel.io/bootstrap=python`,
      `  ${prefix}npx duotel verify -n ${NAMESPACE}`,
      `  ${prefix}kubectl port-forward -n duotel service/duotel-jaeger 16686       # http://127.0.0.1:16686`,
      `  ${prefix}kubectl port-forward -n duotel service/duotel-prometheus 9090    # http://127.0.0.1:9090`,
      ...(cluster === undefined
        ? ['  kubectl port-forward -n duotel service/duotel-grafana 3000          # http://127.0.0.1:3000']
        : [`To end it:\n  npm run cluster -- down --name ${cluster}`]),
    ].join('\n'),
  );
}

async function interrupted(signal: AbortSignal): Promise<void> {
  say('Ctrl-C ends it.');
  if (signal.aborted) return;
  // A pending promise alone does not keep Node alive.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  clearInterval(alive);
}

const started = performance.now();
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort(new Error('interrupted')));
try {
  process.exitCode = await main(
    parseOptions(process.argv.slice(2), process.stdin.isTTY === true && process.stderr.isTTY === true),
    stop.signal,
  );
} catch (error) {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = stop.signal.aborted ? 130 : 1;
}
say(`demo: ${process.exitCode === 0 ? 'succeeded' : `exit code ${process.exitCode}`} in ${formatDuration(performance.now() - started)}`);
