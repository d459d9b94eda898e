/** Does `work` for every item, `count` at a time, in order. The first failure ends it. */
export async function inFlight<T>(items: readonly T[], count: number, work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, worker));
}
