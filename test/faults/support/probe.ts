/**
 * Loaded into the operator under test before its program (`node --import`): answers questions about the process over its IPC channel,
 * and does to it what no proxy can. It does not keep the process alive and changes nothing unless it is told to.
 */
const RealDate = Date;
let shift = 0;

/** A wall clock that was set: what `date -s` does to every process, without being root. The monotonic clock goes on. */
class ShiftedDate extends RealDate {
  constructor(...args: readonly unknown[]) {
    if (args.length === 0) super(RealDate.now() + shift);
    else super(...(args as [number]));
  }
  static override now(): number {
    return RealDate.now() + shift;
  }
}
globalThis.Date = ShiftedDate as DateConstructor;

function count(items: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

process.on('message', (message: { readonly id: number; readonly ask: string; readonly value?: number }) => {
  const { id, ask, value = 0 } = message;
  switch (ask) {
    case 'stats':
      globalThis.gc?.();
      process.send?.({ id, heap: process.memoryUsage().heapUsed, resources: count(process.getActiveResourcesInfo()) });
      return;
    case 'shift':
      shift = value;
      process.send?.({ id });
      return;
    case 'block': {
      process.send?.({ id });
      const end = performance.now() + value;
      setTimeout(() => {
        while (performance.now() < end);
      }, 10);
      return;
    }
    case 'exhaust': {
      const hoard: unknown[] = [];
      setInterval(() => {
        for (let i = 0; i < 100; i += 1) hoard.push(Array.from({ length: 20_000 }, (_, index) => ({ index })));
      }, 1);
      return;
    }
  }
});
process.channel?.unref();
process.on('uncaughtExceptionMonitor', (error, origin) => {
  process.stderr.write(`PROBE ${origin}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
});
