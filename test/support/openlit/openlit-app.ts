import { openLitInstruments } from '../../../api/metrics/instruments.ts';
import { labelName, openLitLabels } from '../../../api/metrics/openlit-labels.ts';
import { seriesNames } from '../../../api/metrics/series-name.ts';
import type { Sample } from '../telemetry/exposition.ts';
import type { OpenLitVersion } from './openlit-replay.ts';

/** What the programs of test/golden/metrics/apps answer to a line. */
export interface Answer {
  readonly version: string;
  /** Kind, name and unit of each instrument that the installed OpenLIT made. */
  readonly instruments: readonly string[];
  /** Tokens of the call to gpt-4o-mini, as the API said. */
  readonly input: number;
  readonly output: number;
}

export interface AppEnvironment {
  readonly service: string;
  readonly backend: string;
  /** Base URL of the fake model API. */
  readonly api: string;
  /** OTLP endpoint over HTTP. */
  readonly otlp: string;
  /** Path of a price list. */
  readonly prices: string;
}

/** The variables of an app without a pod. */
export function appEnvironment({ service, backend, api, otlp, prices }: AppEnvironment): Readonly<Record<string, string>> {
  const { PATH = '', HOME = '' } = process.env;
  return {
    PATH,
    HOME,
    PYTHONDONTWRITEBYTECODE: '1',
    ANONYMIZED_TELEMETRY: 'False',
    NO_PROXY: '127.0.0.1',
    OPENAI_BASE_URL: `${api}/v1`,
    OPENAI_API_KEY: 'dummy',
    OPENLIT_PRICING_JSON: prices,
    OBSERVABILITY_BACKEND: backend,
    OTEL_SERVICE_NAME: service,
    OTEL_RESOURCE_ATTRIBUTES: `service.instance.id=${service}-0,k8s.namespace.name=apps,deployment.environment.name=test,duotel.backend=${backend}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: otlp,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_METRIC_EXPORT_INTERVAL: '600000',
  };
}

/** Labels of the exporter, of a histogram, and of the resource (RESOURCE_LABELS of the collector). */
const COMMON = ['job', 'instance', 'le', 'service_name', 'service_version', 'deployment_environment_name', 'k8s_namespace_name'];

/** For each sample of OpenLIT whose labels differ from the catalogue: its name, and what is unknown or missing. */
export function labelFaults({ sdk, version }: OpenLitVersion, samples: readonly Sample[]): readonly string[] {
  return openLitInstruments(sdk, version).flatMap((instrument) => {
    const set = openLitLabels(instrument, sdk, version);
    const always = (set?.always ?? []).map(labelName);
    const allowed = [...COMMON, ...always, ...(set?.sometimes ?? []).map(labelName)];
    return samples
      .filter(({ name }) => seriesNames(instrument).includes(name))
      .flatMap(({ name, labels }) => {
        const names = Object.keys(labels).filter((label) => !label.startsWith('otel_scope_'));
        return [
          ...names.filter((label) => !allowed.includes(label)).map((label) => `${name} has ${label}`),
          ...always.filter((label) => !names.includes(label)).map((label) => `${name} lacks ${label}`),
        ];
      });
  });
}
