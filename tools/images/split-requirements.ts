/** The pins that several requirements.txt have in common, and what each has besides; all in the format of requirements.txt. */
export interface SplitRequirements {
  readonly shared: string;
  /** In the order of the given texts. */
  readonly own: readonly string[];
}

/** Splits them so that images share one large layer of packages, and differ in a small one. Comments are dropped. */
export function splitRequirements(texts: readonly string[]): SplitRequirements {
  const pins = texts.map((text) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
  const [first = [], ...others] = pins;
  const shared = new Set(first.filter((pin) => others.every((other) => other.includes(pin))));
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
  return { shared: text([...shared]), own: pins.map((lines) => text(lines.filter((line) => !shared.has(line)))) };
}
