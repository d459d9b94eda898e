import type { OpenLitSdk, VersionRange } from './versions.ts';

export type InstrumentKind = 'counter' | 'histogram';

/** Who records an instrument. `app`: the workload's own code. `collector`: made from spans by `signal_to_metrics` in mode `openinference`. */
export type MetricProducer = 'openlit' | 'app' | 'collector';

/** What one point is about: a model call, a vector-database operation, an MCP operation, an agent, a guard. It decides the labels. */
export type PointKind = 'call' | 'db' | 'mcp' | 'agent' | 'guard';

export interface Instrument {
  readonly name: string;
  readonly kind: InstrumentKind;
  /** UCUM as the SDK sends it; '' where the instrument has none. */
  readonly unit: string;
  readonly producers: readonly MetricProducer[];
  /** Versions of OpenLIT that make it, by SDK. Absent: not an instrument of OpenLIT. */
  readonly openlit?: Readonly<Partial<Record<OpenLitSdk, VersionRange>>>;
  /** Absent where the labels are the application's own. */
  readonly points?: PointKind;
  /** Labels of its series that queries may use, of today's versions. Those of each version: `openLitLabels`. */
  readonly labels: readonly string[];
  readonly description: string;
}
