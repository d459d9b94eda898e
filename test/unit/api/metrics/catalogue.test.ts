import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { INSTRUMENTS, openLitInstruments } from '../../../../api/metrics/instruments.ts';
import { LABEL_SETS, labelName, openLitLabels } from '../../../../api/metrics/openlit-labels.ts';
import { plainSeriesNames, seriesNames } from '../../../../api/metrics/series-name.ts';
import { STABLE_METRICS } from '../../../../api/metrics/stable-metrics.ts';
import { compareVersions, inRange, OPENLIT_SDKS, type OpenLitSdk } from '../../../../api/metrics/versions.ts';

interface Run {
  readonly since: string;
  readonly until: string;
  readonly counter: Readonly<Record<string, string>>;
  readonly histogram: Readonly<Record<string, string>>;
}
const FOUND = parse(readFileSync(new URL('../../../data/openlit-instruments.yaml', import.meta.url), 'utf8')) as Readonly<
  Record<OpenLitSdk, readonly Run[]>
>;
const SDKS = Object.keys(OPENLIT_SDKS) as OpenLitSdk[];
const RUNS = SDKS.flatMap((sdk) => FOUND[sdk].map((run) => ({ sdk, ...run })));

describe('the catalogue of OpenLIT', () => {
  it.each(RUNS.flatMap((run) => [run.since, run.until].map((version) => ({ ...run, version }))))(
    'has for $sdk $version the instruments that its source creates',
    ({ sdk, version, counter, histogram }) => {
      const rows = openLitInstruments(sdk, version).map(({ name, kind, unit }) => `${kind} ${name} ${unit}`);
      const found = Object.entries({ counter, histogram }).flatMap(([kind, units]) =>
        Object.entries(units).map(([name, unit]) => `${kind} ${name} ${unit}`),
      );
      expect(rows.sort()).toEqual(found.sort());
    },
  );

  it('ends at the newest versions that were read', () => {
    for (const sdk of SDKS) expect(FOUND[sdk].at(-1)?.until).toBe(OPENLIT_SDKS[sdk].newest);
  });

  it('has exactly one set of labels for each instrument in each version', () => {
    for (const { sdk, since, until } of RUNS)
      for (const version of [
        since,
        until,
        ...LABEL_SETS.filter((set) => set.sdk === sdk && inRange(set.since, { since, until })).map((set) => set.since),
      ])
        for (const { name, points } of openLitInstruments(sdk, version)) {
          const sets = LABEL_SETS.filter((set) => set.sdk === sdk && set.points === points && inRange(version, set));
          expect({ sdk, version, name, sets: sets.length }).toEqual({ sdk, version, name, sets: 1 });
        }
  });

  it('gives queries only labels that the newest version has', () => {
    for (const instrument of INSTRUMENTS.filter(({ openlit }) => openlit?.python !== undefined && openlit.python.until === undefined)) {
      const set = openLitLabels(instrument, 'python', OPENLIT_SDKS.python.newest);
      const labels = [...(set?.always ?? []), ...(set?.sometimes ?? [])].map(labelName);
      expect({ name: instrument.name, unknown: instrument.labels.filter((label) => !labels.includes(label)) }).toEqual({
        name: instrument.name,
        unknown: [],
      });
    }
  });

  it('never gives one name to series of two instruments', () => {
    const names = INSTRUMENTS.flatMap(seriesNames);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('has something under every stable name in each version that can have it', () => {
    for (const { sdk, since, until } of RUNS)
      for (const version of [since, until]) {
        const series = openLitInstruments(sdk, version).flatMap(seriesNames);
        const missing = STABLE_METRICS.filter(
          ({ name, source }) =>
            source.kind === 'recorded' && !series.some((one) => name === one || new RegExp(`\\b${one}\\b`).test(source.expr)),
        ).map(({ name }) => name);
        const noDuration = sdk === 'python' && compareVersions(version, '1.33.9') < 0;
        expect({ sdk, version, missing }).toEqual({
          sdk,
          version,
          missing: noDuration ? ['bucket', 'sum', 'count'].map((suffix) => `gen_ai_request_duration_seconds_${suffix}`) : [],
        });
      }
  });
});

describe('versions', () => {
  it('are compared by their numbers', () => {
    expect(compareVersions('1.9.1', '1.10.0')).toBeLessThan(0);
    expect(compareVersions('1.40.0', '1.40.0')).toBe(0);
    expect(inRange('1.37.0', { since: '1.16.1', until: '1.37.0' })).toBe(true);
    expect(inRange('1.37.1', { since: '1.16.1', until: '1.37.0' })).toBe(false);
  });
});

describe('an exporter that adds no suffixes', () => {
  it('gives names without unit and without _total', () => {
    const names = (name: string) => INSTRUMENTS.filter((one) => one.name === name).flatMap(plainSeriesNames);
    expect(names('db.total.requests')).toEqual(['db_total_requests']);
    expect(names('gen_ai.total.requests')).toEqual(['gen_ai_total_requests']);
    expect(names('gen_ai.usage.cost')).toEqual(['gen_ai_usage_cost_bucket', 'gen_ai_usage_cost_sum', 'gen_ai_usage_cost_count']);
  });
});
