import type { Instrument } from './instrument.ts';

/** Units that the exporter spells out; others are appended as they are (`USD`), and those in braces are dropped. */
const UNIT_WORDS: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes', '1': '' };

/**
 * The Prometheus name of an instrument, without `_bucket`, `_sum` or `_count`: the rule of the collector's prometheus exporter with
 * `translation_strategy: UnderscoreEscapingWithSuffixes` (otlptranslator, `metric_namer.go`). Dots become underscores, the unit is
 * appended, and a counter loses every token `total` and gets one at its end (`db.total.requests` -> `db_requests_total`).
 */
export function seriesName(instrument: Pick<Instrument, 'name' | 'kind' | 'unit'>): string {
  const tokens = instrument.name.split(/[^A-Za-z0-9:]+/).filter((token) => token !== '');
  const unit = instrument.unit.startsWith('{') ? '' : (UNIT_WORDS[instrument.unit] ?? instrument.unit);
  if (unit !== '' && !tokens.includes(unit)) tokens.push(unit);
  if (instrument.kind === 'histogram') return tokens.join('_');
  return [...tokens.filter((token) => token !== 'total'), 'total'].join('_');
}

/** Every series of an instrument as Prometheus stores it. */
export function seriesNames(instrument: Pick<Instrument, 'name' | 'kind' | 'unit'>): readonly string[] {
  const name = seriesName(instrument);
  return instrument.kind === 'counter' ? [name] : [`${name}_bucket`, `${name}_sum`, `${name}_count`];
}

/**
 * The same names where a collector's exporter adds no suffixes (`add_metric_suffixes: false`, which OpenLIT's own documentation sets). This
 * stack's collector never does; dashboards made elsewhere may ask for them.
 */
export function plainSeriesNames({ name, kind }: Pick<Instrument, 'name' | 'kind'>): readonly string[] {
  const plain = name.replaceAll(/[^A-Za-z0-9:]/g, '_');
  return kind === 'counter' ? [plain] : [`${plain}_bucket`, `${plain}_sum`, `${plain}_count`];
}
