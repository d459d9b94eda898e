/**
 * The part of the demo that talks to the API server. On the embedded cluster it is a process of its own inside the cluster's network
 * namespace: `node tools/demo/drive.ts '<DriveInput as JSON>'`, KUBECONFIG and kubectl in the environment. Prints the report, and exits
 * with 0 only when all of it is true.
 */
import { createKubeApi } from '../../src/kube/rest-kube-api.ts';
import { say } from '../lib/progress.ts';
import { JourneyContext, type JourneyOptions } from './context.ts';
import { diagnostics } from './diagnostics.ts';
import { demoReport, reportText } from './report.ts';
import { runJourney } from './run-journey.ts';

export interface DriveInput extends Omit<JourneyOptions, 'api' | 'signal'> {
  readonly output: 'table' | 'json';
}

/** Returns whether everything was true. */
export async function drive({ output, ...options }: DriveInput, signal: AbortSignal): Promise<boolean> {
  const api = await createKubeApi(options.source);
  const ctx = new JourneyContext({ ...options, api, signal });
  try {
    const report = demoReport(await runJourney(ctx), ctx.times);
    process.stdout.write(reportText(report, output));
    if (output === 'table') say(`\nTime of each step:\n${ctx.timesText()}`);
    return report.ok;
  } catch (error) {
    if (!signal.aborted) say(await diagnostics(ctx));
    throw error;
  } finally {
    await api.close();
  }
}

if (import.meta.main) {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort(new Error('interrupted')));
  try {
    process.exitCode = (await drive(JSON.parse(process.argv[2] ?? '{}') as DriveInput, stop.signal)) ? 0 : 1;
  } catch (error) {
    say(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = stop.signal.aborted ? 130 : 1;
  }
}
