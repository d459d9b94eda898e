import { promQuery } from '../telemetry/prom-query.ts';
import { eventually } from '../time/eventually.ts';

/** A scrape fails that takes longer than until the next one: on a busy machine several may before one does not. */
const LIMIT_S = 180;

interface Targets {
  readonly activeTargets: readonly object[];
}
interface Rules {
  readonly groups: readonly { readonly lastEvaluation: string }[];
}

/**
 * Waits until Prometheus has scraped each of its targets with success and then evaluated each of its rules, all begun after the call.
 * Rules are waited for twice: some are made of what others have recorded.
 */
export async function caughtUp(prometheus: string): Promise<void> {
  const get = async <T>(path: string): Promise<T> =>
    ((await (await fetch(`${prometheus}/api/v1/${path}`)).json()) as { readonly data: T }).data;
  const called = Date.now();
  await eventually(
    'a scrape of each target',
    async () => {
      const { activeTargets } = await get<Targets>('targets?state=active');
      const scraped = await promQuery(prometheus, 'timestamp(up) and up == 1');
      // It has no targets in the first five seconds. And it moves the times of scrapes by some milliseconds, to even distances.
      if (activeTargets.length === 0 || scraped.length !== activeTargets.length) return false;
      return scraped.every(({ value: [, seconds] }) => Number(seconds) * 1000 > called + 20);
    },
    LIMIT_S,
  );
  for (const what of ['an evaluation of each rule', 'an evaluation of each rule on the results of the others']) {
    const scraped = Date.now();
    await eventually(
      what,
      async () => (await get<Rules>('rules')).groups.every(({ lastEvaluation }) => Date.parse(lastEvaluation) > scraped),
      LIMIT_S,
    );
  }
}
