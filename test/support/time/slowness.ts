/** Long enough for several turns of the scheduler. */
const WORK_MS = 40;

/**
 * How many times longer work takes right now than with a core of its own: 1 on an idle machine, about 2 beside one busy program a core.
 * What the product promises in seconds, it promises where it gets the time to run; a test of such a promise multiplies by this. On an
 * idle machine that is the promise itself.
 */
export function slowness(): number {
  const begun = performance.now();
  const before = process.threadCpuUsage();
  for (;;) {
    const { user, system } = process.threadCpuUsage(before);
    const worked = (user + system) / 1000;
    if (worked >= WORK_MS) return Math.max(1, (performance.now() - begun) / worked);
  }
}
