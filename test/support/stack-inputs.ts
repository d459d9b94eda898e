import type { TelemetryStackSpec } from '../../imports/duotel.io.ts';

const EPHEMERAL = { storage: { type: 'ephemeral' } };

/** The settings that golden files exist for, by the name of their folder. */
export const STACK_INPUTS: Readonly<Record<string, TelemetryStackSpec>> = {
  default: {},
  ephemeral: { collector: EPHEMERAL, jaeger: EPHEMERAL, prometheus: EPHEMERAL, grafana: EPHEMERAL } as unknown as TelemetryStackSpec,
  'no-span-metrics': { collector: { spanMetrics: { enabled: false } }, grafana: { enabled: false } },
};
