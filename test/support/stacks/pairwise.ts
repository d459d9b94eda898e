/** A setting with its values; the values are the indices of `values`. */
export interface Factor<T> {
  readonly name: string;
  readonly values: readonly { readonly name: string; readonly value: T }[];
}

/** For each factor, the index of a value. */
export type Row = readonly number[];

/**
 * Rows in which each two values of two factors occur together at least once, but for those that `excluded` says can never be. Greedy and
 * without chance: the same factors, the same rows. Each row begins with the first pair that no row has yet, and takes for each further
 * factor the value that brings most new pairs. A few times the product of the two largest factors, where all rows would be billions.
 */
export function pairwise<T>(factors: readonly Factor<T>[], excluded: (a: string, b: string) => boolean = () => false): readonly Row[] {
  const label = (factor: number, value: number): string => `${factors[factor]?.name}=${factors[factor]?.values[value]?.name}`;
  const bad = (f: number, v: number, g: number, w: number): boolean =>
    excluded(label(f, v), label(g, w)) || excluded(label(g, w), label(f, v));
  const key = (f: number, v: number, g: number, w: number): string => (f < g ? `${f}:${v},${g}:${w}` : `${g}:${w},${f}:${v}`);
  const open = new Map<string, readonly [number, number, number, number]>();
  factors.forEach((first, f) => {
    first.values.forEach((_, v) => {
      for (let g = f + 1; g < factors.length; g++) {
        factors[g]?.values.forEach((__, w) => {
          if (!bad(f, v, g, w)) open.set(key(f, v, g, w), [f, v, g, w]);
        });
      }
    });
  });
  const rows: Row[] = [];
  for (let seed = open.values().next().value; seed !== undefined; seed = open.values().next().value) {
    const [f, v, g, w] = seed;
    const chosen = new Map([
      [f, v],
      [g, w],
    ]);
    factors.forEach((factor, h) => {
      if (chosen.has(h)) return;
      let best = { value: -1, gain: -1 };
      factor.values.forEach((_, value) => {
        const others = [...chosen];
        if (others.some(([k, u]) => bad(h, value, k, u))) return;
        const gain = others.filter(([k, u]) => open.has(key(h, value, k, u))).length;
        if (gain > best.gain) best = { value, gain };
      });
      if (best.value === -1) throw new Error(`no value of ${factor.name} goes with ${[...chosen].map(([k, u]) => label(k, u)).join(', ')}`);
      chosen.set(h, best.value);
    });
    const row = factors.map((_, h) => chosen.get(h) ?? 0);
    row.forEach((a, h) => {
      for (let k = h + 1; k < row.length; k++) open.delete(key(h, a, k, row[k] ?? 0));
    });
    rows.push(row);
  }
  return rows;
}
