import type { KubeObject } from '../../../api/kube-object.ts';
import { BACKEND_RESOURCE_ATTRIBUTE, CAPTURE_RESOURCE_ATTRIBUTE } from '../../../api/names.ts';
import type { InjectionConfig } from '../wishes/config.ts';
import type { ActiveSettings } from '../wishes/settings.ts';
import type { EnvContent } from '../workload/env-content.ts';
import { workloadKind } from '../workload/kinds.ts';
import { podTemplate } from '../workload/pod-template.ts';

/** Variables through which a pod learns what it is; a value of ours or of the user's may refer to them as `$(NAME)`. */
export const IDENTITY = {
  podName: 'DUOTEL_POD_NAME',
  podUid: 'DUOTEL_POD_UID',
  nodeName: 'DUOTEL_NODE_NAME',
  version: 'DUOTEL_SERVICE_VERSION',
} as const;

const VERSION_LABEL = 'app.kubernetes.io/version';

/** The identity variables with their contents, in their order. */
export function identityVariables(workload: KubeObject): readonly (readonly [name: string, content: EnvContent])[] {
  const variables: (readonly [string, EnvContent])[] = [
    [IDENTITY.podName, { fieldPath: 'metadata.name' }],
    [IDENTITY.podUid, { fieldPath: 'metadata.uid' }],
    [IDENTITY.nodeName, { fieldPath: 'spec.nodeName' }],
  ];
  // Through the downward API, not as text. With a text, each new version would roll out twice: by its owner, then by us.
  if (hasVersion(workload)) variables.push([IDENTITY.version, { fieldPath: `metadata.labels['${VERSION_LABEL}']` }]);
  return variables;
}

/**
 * The value of OTEL_RESOURCE_ATTRIBUTES for one container, by the OTel semantic conventions for Kubernetes
 * (https://opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes/) and `duotel.backend`, which the collector reads.
 * Texts are percent-encoded; parts known only to the pod are `$(NAME)` references.
 */
export function resourceAttributes(
  workload: KubeObject,
  container: string,
  settings: Pick<ActiveSettings, 'captureContent'>,
  config: InjectionConfig,
): string {
  const { name, namespace = '' } = workload.metadata;
  const nameAttribute = workloadKind(workload)?.nameAttribute;
  const ref = (variable: string) => `$(${variable})`;
  const attributes: (readonly [string, string])[] = [
    ['service.namespace', encode(annotated(workload, 'service.namespace') ?? namespace)],
    ['service.instance.id', `${encode(namespace)}.${ref(IDENTITY.podName)}.${encode(container)}`],
    ...(hasVersion(workload) ? [['service.version', ref(IDENTITY.version)] as const] : []),
    ['k8s.namespace.name', encode(namespace)],
    ...(nameAttribute === undefined ? [] : [[nameAttribute, encode(name)] as const]),
    ['k8s.pod.name', ref(IDENTITY.podName)],
    ['k8s.pod.uid', ref(IDENTITY.podUid)],
    ['k8s.node.name', ref(IDENTITY.nodeName)],
    ['k8s.container.name', encode(container)],
    ...(config.deploymentEnvironment === undefined ? [] : [['deployment.environment.name', encode(config.deploymentEnvironment)] as const]),
    // By reference, so it is true even where the user's own OBSERVABILITY_BACKEND wins.
    [BACKEND_RESOURCE_ATTRIBUTE, ref('OBSERVABILITY_BACKEND')],
    // Left out where it is false: the canary for prompts judges workloads without it.
    ...(settings.captureContent ? [[CAPTURE_RESOURCE_ATTRIBUTE, 'true'] as const] : []),
  ];
  return attributes.map(([key, value]) => `${key}=${value}`).join(',');
}

/** `resource.opentelemetry.io/<attribute>` on the pod template, else on the workload: the conventions' way to state an attribute. */
export function annotated(workload: KubeObject, attribute: string): string | undefined {
  const key = `resource.opentelemetry.io/${attribute}`;
  const value = podTemplate(workload)?.metadata?.annotations?.[key] ?? workload.metadata.annotations?.[key];
  return value === '' ? undefined : value;
}

function hasVersion(workload: KubeObject): boolean {
  return (podTemplate(workload)?.metadata?.labels?.[VERSION_LABEL] ?? '') !== '';
}

/** Percent-encoding that leaves only unreserved characters (RFC 3986), as the W3C Baggage format of this variable allows. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
