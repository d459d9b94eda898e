import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { say } from '../lib/progress.ts';
import { JourneyContext, type JourneyOptions } from './context.ts';
import { diagnostics } from './diagnostics.ts';
import { type DemoReport, demoReport } from './report.ts';
import { runJourney } from './run-journey.ts';

/** Runs the journey; when it stops on the way, says what a person would look at first, and throws. */
export async function drive(options: Omit<JourneyOptions, 'api'>): Promise<DemoReport> {
  const api = await createKubeApi(options.source);
  const ctx = new JourneyContext({ ...options, api });
  try {
    return demoReport(await runJourney(ctx), ctx.times);
  } catch (error) {
    if (options.signal?.aborted !== true) say(await diagnostics(ctx));
    throw error;
  } finally {
    await api.close();
  }
}
