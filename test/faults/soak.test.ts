import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { passed, type SoakResult, soakMarkdown } from '../../tools/soak/report.ts';
import { soak } from '../../tools/soak/soak.ts';
import { row } from './support/row.ts';

const MINUTES = 2;
/** The most that lists may find in two minutes that watches should have told. */
const MISSED_LIMIT = 10;

const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);

function figures({ changes, cuts, samples, end }: SoakResult): string {
  const last = samples.at(-1);
  const settled = end.type === 'checked' ? `settled ${end.settledSeconds.toFixed(1)} s after the last` : end.type;
  const done = `${sum(changes)} changes and ${cuts} cuts in ${MINUTES} minutes, ${sum(last?.writes ?? {})} writes, ${settled}, 0 in 60 s of silence`;
  return `${done}; ${last?.missedEvents ?? 0} missed events, ${last?.fds} descriptors; hours of it are in docs/soak.md`;
}

row('H1', 'minutes of churn and cuts end with every workload and stack as it should be', () => ({}), {
  injected: '2 changes a second to 40 Deployments with pods and 2 TelemetryStacks, all connections cut every 40 s',
  cases: ['create', 'update', 'prune', 'inject'],
  limit: 1_200_000,
  run: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'duotel-faults-soak-'));
    try {
      const options = { minutes: MINUTES, workloads: 40, stacks: 2, changesPerSecond: 2, cutMinutes: 2 / 3, seed: 1, commit: '' };
      const result = await soak({ ...options, folder, signal: new AbortController().signal });
      const missed = result.samples.at(-1)?.missedEvents ?? 0;
      if (!passed(result)) throw new Error(soakMarkdown(result));
      if (missed > MISSED_LIMIT) throw new Error(`${missed} events were missed, at most ${MISSED_LIMIT} are expected`);
      if (result.cuts === 0) throw new Error('no connection was cut');
      return figures(result);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});
