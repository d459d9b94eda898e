/** Long enough for several turns of the scheduler. */
const WORK_MS = 40;

interface Times {
  /** Milliseconds that have gone by, since whenever. */
  readonly wall: () => number;
  /** Milliseconds that this thread has had of a core, since whenever. */
  readonly cpu: () => number;
}

const OWN: Times = {
  wall: () => performance.now(),
  cpu: () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
};

/**
 * How many times longer work takes right now than with a core of its own: 1 on an idle machine, about 2 beside one busy program a core.
 * What the product promises in seconds, it promises where it gets the time to run; a test of such a promise multiplies by this. On an
 * idle machine that is the promise itself.
 */
export function slowness({ wall, cpu }: Times = OWN): number {
  const [begun, before] = [wall(), cpu()];
  for (;;) {
    const worked = cpu() - before;
    if (worked >= WORK_MS) return Math.max(1, (wall() - begun) / worked);
  }
}
