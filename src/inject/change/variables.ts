import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { ExtendedVariable, RuntimeVariable } from '../../../api/runtimes/runtime.ts';
import { CA_FILE, chosenBootstraps, type InjectionConfig, MOUNT_PATH } from '../wishes/config.ts';
import type { ActiveSettings } from '../wishes/settings.ts';
import { type EnvContent, literal } from '../workload/env-content.ts';
import { isExtended } from './extended-variable.ts';
import { annotated, identityVariables, resourceAttributes } from './resource-attributes.ts';

/** One variable that a container should have. */
export interface Variable {
  readonly name: string;
  readonly content: EnvContent;
  /** One line: what it is for and why it has this value. */
  readonly why: string;
  /** Variables of one group belong together: if the user has any variable that `taken` matches, the operator sets none of the group. */
  readonly group?: VariableGroup;
  /** Where the user has one of this name, it must have our part in it. */
  readonly extended?: ExtendedVariable;
}

export interface VariableGroup {
  readonly name: 'endpoint' | 'metric interval';
  readonly taken: RegExp;
}

const ENDPOINT: VariableGroup = {
  name: 'endpoint',
  // Headers and certificates belong to one place: sent elsewhere, they would be useless or a leak.
  taken: /^OTEL_EXPORTER_OTLP_((TRACES|METRICS|LOGS)_)?(ENDPOINT|PROTOCOL|HEADERS|INSECURE|CERTIFICATE|CLIENT_CERTIFICATE|CLIENT_KEY)$/,
};
const INTERVAL: VariableGroup = { name: 'metric interval', taken: /^OTEL_METRIC_EXPORT_(INTERVAL|TIMEOUT)$/ };

/** Prompts, completions and retrieved texts, as OpenInference names what it can leave out (spec/configuration.md). */
const OPENINFERENCE_HIDES = [
  'INPUTS',
  'OUTPUTS',
  'PROMPTS',
  'CHOICES',
  'RETRIEVAL_DOCUMENTS',
  'EMBEDDINGS_TEXT',
  'EMBEDDINGS_VECTORS',
  'EMBEDDING_VECTORS',
] as const;

/** How long an export may take: a dead collector then delays the exit of an app no longer. */
const EXPORT_TIMEOUT_S = 2;
/** Holds the token, from a Secret of the workload's namespace, for the header that refers to it. */
const TOKEN = 'DUOTEL_OTLP_TOKEN';

/**
 * The variables of one container, in their order: each refers only to earlier ones. Equal input gives equal output. The function does not
 * look at what the container already has.
 * Left out on purpose: OTEL_PROPAGATORS (the default, tracecontext and baggage, is right), samplers (OpenLIT's and the derived metrics need
 * every span), service.version from the image tag (each new image would roll out twice).
 */
export function containerVariables(
  workload: KubeObject,
  container: string,
  settings: ActiveSettings,
  config: InjectionConfig,
): readonly Variable[] {
  return [
    ...pod(workload, settings),
    ...exporters(workload, container, settings, config),
    ...privacy(settings),
    ...producers(settings, config),
  ];
}

function pod(workload: KubeObject, settings: ActiveSettings): readonly Variable[] {
  return [
    ...identityVariables(workload).map(([name, content]) => ({ name, content, why: 'what the pod is, for its resource attributes' })),
    { name: 'OBSERVABILITY_BACKEND', content: settings.backend, why: `which producers are on: ${ANNOTATION.backend}` },
  ];
}

function exporters(workload: KubeObject, container: string, settings: ActiveSettings, config: InjectionConfig): readonly Variable[] {
  const serviceName = settings.serviceName ?? annotated(workload, 'service.name') ?? workload.metadata.name;
  const stack = `TelemetryStack ${config.stack.namespace}/${config.stack.name}`;
  const variables: Variable[] = [
    { name: 'OTEL_SERVICE_NAME', content: literal(serviceName), why: `${ANNOTATION.serviceName}, else the name of the workload` },
    {
      name: 'OTEL_RESOURCE_ATTRIBUTES',
      content: resourceAttributes(workload, container, settings, config),
      why: 'where the telemetry comes from, by the OTel semantic conventions',
    },
    { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', content: config.endpoint, why: `the collector of ${stack}`, group: ENDPOINT },
    { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', content: config.protocol, why: `spec.injection.protocol of ${stack}`, group: ENDPOINT },
    ...security(config, stack),
    {
      name: 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
      content: 'cumulative',
      why: 'Prometheus keeps cumulative counters',
    },
    // Milliseconds in every SDK. The timeout is set too: an SDK may refuse an interval below its default timeout of 30 s.
    {
      name: 'OTEL_METRIC_EXPORT_INTERVAL',
      content: '15000',
      why: 'as often as Prometheus scrapes; the default is a minute',
      group: INTERVAL,
    },
    { name: 'OTEL_METRIC_EXPORT_TIMEOUT', content: '10000', why: 'must be below the interval', group: INTERVAL },
  ];
  if (config.deploymentEnvironment !== undefined) {
    variables.push({
      name: 'OTEL_DEPLOYMENT_ENVIRONMENT',
      content: literal(config.deploymentEnvironment),
      why: 'OpenLIT labels its metrics from this and not from the resource',
    });
  }
  return [...variables, ...exportTimeout(settings, config)];
}

/** Set only where the language is known, and not where several read it in different units. */
function exportTimeout(settings: ActiveSettings, config: InjectionConfig): readonly Variable[] {
  const [unit, ...others] = new Set(chosenBootstraps(settings.bootstrap, config).map(({ runtime }) => runtime.timeoutUnit));
  if (unit === undefined || others.length > 0) return [];
  const content = String(unit === 'seconds' ? EXPORT_TIMEOUT_S : EXPORT_TIMEOUT_S * 1000);
  return [{ name: 'OTEL_EXPORTER_OTLP_TIMEOUT', content, why: `${unit}: a dead collector delays the exit of the app no longer` }];
}

/** The certificates by which the app checks the collector's, and the token that the collector asks for. They belong to the endpoint. */
function security({ ca, token }: InjectionConfig, stack: string): readonly Variable[] {
  return [
    ...(ca === undefined
      ? []
      : [
          {
            name: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
            content: `${ca.mountPath}/${CA_FILE}`,
            why: `spec.collector.tls.ca of ${stack}`,
            group: ENDPOINT,
          },
        ]),
    ...(token === undefined
      ? []
      : [
          {
            name: TOKEN,
            content: { secretKeyRef: token },
            why: `spec.collector.auth of ${stack}; Secret ${token.name} of this namespace is yours to make (docs/otlp-security.md)`,
            group: ENDPOINT,
          },
          {
            // Values are percent-encoded: https://opentelemetry.io/docs/specs/otel/protocol/exporter/#specifying-headers-via-environment-variables
            name: 'OTEL_EXPORTER_OTLP_HEADERS',
            content: `authorization=Bearer%20$(${TOKEN})`,
            why: `spec.collector.auth of ${stack}`,
            group: ENDPOINT,
          },
        ]),
  ];
}

/** Set in every mode: an app that starts a producer by itself must not send content either. */
function privacy(settings: ActiveSettings): readonly Variable[] {
  const why = `${ANNOTATION.captureContent}: ${settings.captureContent}`;
  const openlit: Variable[] = [
    { name: 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', content: String(settings.captureContent), why },
  ];
  if (settings.captureContent) return openlit;
  return [
    ...openlit,
    { name: 'OPENLIT_CAPTURE_DB_PARAMETERS', content: 'false', why },
    ...OPENINFERENCE_HIDES.map((what) => ({ name: `OPENINFERENCE_HIDE_${what}`, content: 'true', why })),
  ];
}

function producers(settings: ActiveSettings, config: InjectionConfig): readonly Variable[] {
  const variables: Variable[] = [];
  const [pricing] = config.pricing.files;
  if (settings.backend !== 'openinference' && pricing !== undefined) {
    variables.push({
      name: 'OPENLIT_PRICING_JSON',
      content: `${MOUNT_PATH.pricing}/${pricing.path}`,
      why: 'cost without network: OpenLIT would fetch prices for up to 20 s and then record 0',
    });
  }
  const chosen = chosenBootstraps(settings.bootstrap, config);
  if (chosen.length > 0) {
    variables.push(
      { name: 'DUOTEL_CAPTURE_CONTENT', content: String(settings.captureContent), why: `for the bootstrap: ${ANNOTATION.captureContent}` },
      {
        name: 'DUOTEL_SHOW_OPENLIT_SPANS',
        content: String(config.showOpenlitSpans),
        why: 'for the bootstrap: spec.injection.showOpenlitSpans',
      },
      ...chosen.flatMap(({ runtime }) => runtime.variables.map(ofRuntime)),
    );
  }
  return variables;
}

function ofRuntime(variable: RuntimeVariable): Variable {
  const { name, value, why } = variable;
  return { name, content: literal(value), why, ...(isExtended(variable) ? { extended: variable } : {}) };
}
