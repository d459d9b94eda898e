import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from '../build/binary.ts';
import { downCluster, upCluster } from '../cluster/cluster.ts';
import { EMBEDDED_NOTE } from '../cluster/embedded-stack.ts';
import { LOCAL_IMAGES } from '../images/images.ts';
import { formatDuration, say, step } from '../lib/progress.ts';
import { openApiRelay } from './api-relay.ts';
import type { JourneyOptions } from './context.ts';
import { drive } from './drive.ts';
import { type DemoOptions, parseOptions } from './options.ts';
import { checkEmpty, removeAll } from './own-cluster.ts';
import { reportText, timesText } from './report.ts';
import { servePages } from './serve-pages.ts';
import { synth } from './synth.ts';

/** Namespace of the example. */
const NAMESPACE = 'demo';

/** The whole journey on a cluster that is made for it. Returns whether all of it was true. */
async function embedded(options: DemoOptions, folder: string, signal: AbortSignal): Promise<boolean> {
  const name = options.cluster;
  let ok = false;
  try {
    await downCluster(name);
    // Synthesizing needs no cluster: it is done while the node starts.
    const rendering = step('cdk8s synth', () => synth(folder, true));
    rendering.catch(() => undefined);
    const cluster = await upCluster(name, { signal });
    say(`note: ${EMBEDDED_NOTE}`);
    const relay = await openApiRelay(cluster, folder);
    try {
      const journey = {
        source: { kubeconfig: relay.kubeconfig },
        kubectl: await binary('kubectl'),
        dist: await rendering,
        namespace: NAMESPACE,
        images: { ragPython: LOCAL_IMAGES.ragPython, fakeOpenai: LOCAL_IMAGES.fakeOpenai },
      };
      ok = await journeyAndAfter(options, journey, `npm run cluster -- exec --name ${name} -- `, signal);
    } finally {
      await relay.close();
    }
    if (options.ending === 'keep') say(`To end it:\n  npm run cluster -- down --name ${name}`);
    return ok;
  } finally {
    if (options.ending !== 'keep' || signal.aborted) await downCluster(name);
  }
}

/** The journey on a cluster of the user's: nothing is built, and what the demo made is taken away again unless it is to stay. */
async function ownCluster(options: DemoOptions, folder: string, signal: AbortSignal): Promise<boolean> {
  const { context, kubeconfig, images = { ragPython: '', fakeOpenai: '' } } = options;
  const source = { ...(context !== undefined && { context }), ...(kubeconfig !== undefined && { kubeconfig }) };
  await checkEmpty(source, NAMESPACE);
  const dist = await step('cdk8s synth', () => synth(folder, false));
  const clean = () => step('removing what the demo made', () => removeAll(source, dist, NAMESPACE));
  try {
    const ok = await journeyAndAfter(options, { source, kubectl: 'kubectl', dist, namespace: NAMESPACE, images }, '', signal);
    if (options.ending !== 'keep') await clean();
    return ok;
  } catch (error) {
    // Why it stopped must not be hidden by what else goes wrong on the way out.
    if (options.ending !== 'keep' || signal.aborted) await clean().catch((second: unknown) => say(`error: ${String(second)}`));
    throw error;
  }
}

/** Runs the journey and prints its table; then says how to look at what stays, and waits where that was asked for. */
async function journeyAndAfter(
  options: DemoOptions,
  journey: Omit<JourneyOptions, 'api'>,
  prefix: string,
  signal: AbortSignal,
): Promise<boolean> {
  const report = await drive({ ...journey, signal });
  process.stdout.write(reportText(report, options.output));
  if (options.output === 'table') say(`\nTime of each step:\n${timesText(report.times)}`);
  if (options.ending !== 'exit') say(`\nIt stays up. To look at it:\n${hints(prefix)}`);
  if (options.ending === 'wait' && !signal.aborted) {
    const pages = await servePages(journey.source);
    try {
      for (const { name, url } of pages.urls) say(`  ${name.padEnd(11)} ${url}`);
      say('\nCtrl-C ends it.');
      await aborted(signal);
    } finally {
      await pages.close();
    }
  }
  return report.ok;
}

function hints(prefix: string): string {
  return [
    `  ${prefix}npx duotel status`,
    `  ${prefix}kubectl annotate -n ${NAMESPACE} deployment/my-rag duotel.io/backend=both duotel.io/bootstrap=python`,
    `  ${prefix}npx duotel verify -n ${NAMESPACE}`,
    `  ${prefix}kubectl get pods -A`,
  ].join('\n');
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  // A pending promise alone does not keep Node alive.
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  clearInterval(alive);
}

const started = performance.now();
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort(new Error('interrupted')));
const options = parseOptions(process.argv.slice(2), process.stdin.isTTY === true && process.stderr.isTTY === true);
const folder = mkdtempSync(join(tmpdir(), 'duotel-demo-'));
try {
  const ok = await (options.context === undefined ? embedded : ownCluster)(options, folder, stop.signal);
  process.exitCode = ok ? 0 : 1;
} catch (error) {
  say(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = stop.signal.aborted ? 130 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
say(`demo: ${process.exitCode === 0 ? 'succeeded' : `exit code ${process.exitCode}`} in ${formatDuration(performance.now() - started)}`);
