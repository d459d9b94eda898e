/** Levenshtein's distance: the fewest insertions, deletions and substitutions of one character that make `a` into `b`. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/**
 * The candidate most like `text`, ignoring case; the first of equals. undefined when none differs in less than half of its letters: a
 * far-fetched suggestion misleads more than it helps.
 */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  const wanted = text.slice(0, 253).toLowerCase();
  for (const candidate of candidates) {
    const found = distance(wanted, candidate.toLowerCase());
    if (found <= Math.max(wanted.length, candidate.length) / 2 && (best === undefined || found < best.distance)) {
      best = { candidate, distance: found };
    }
  }
  return best?.candidate;
}

/** ` Did you mean "x"?`, or nothing. */
export function didYouMean(text: string, candidates: readonly string[]): string {
  const found = nearest(text, candidates);
  return found === undefined ? '' : ` Did you mean ${JSON.stringify(found)}?`;
}
