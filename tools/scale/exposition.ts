/** Sum of the samples of a metric in Prometheus' text format, over those whose labels contain every given pair; undefined when there is none. */
export function metricSum(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  let sum: number | undefined;
  for (const line of text.split('\n')) {
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (match?.[1] !== name) continue;
    const found = match[2] ?? '';
    if (!Object.entries(labels).every(([key, value]) => new RegExp(`(^|,)${key}="${value}"`).test(found))) continue;
    sum = (sum ?? 0) + Number(match[3]);
  }
  return sum;
}
