/** A sentence about the state of the world, and what proves it; throws when it does not hold. */
export interface Row {
  readonly title: string;
  prove(): Promise<void>;
}

/** Proves rows side by side, since most of their time is spent waiting. @returns what each row threw, by title; undefined: it holds. */
export async function proveAll(rows: readonly Row[], lanes: number): Promise<ReadonlyMap<string, unknown>> {
  const results = new Map<string, unknown>();
  const waiting = [...rows];
  const lane = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
      try {
        await row.prove();
        results.set(row.title, undefined);
      } catch (error) {
        results.set(row.title, error);
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
