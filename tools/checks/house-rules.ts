import type { KubeObject } from '../../api/kube-object.ts';
import type { Rule } from './kube-linter-rules.ts';
import { type Container, type PodTemplate, podTemplates, selects } from './pods.ts';

const pods =
  (wrong: (pod: PodTemplate, objects: readonly KubeObject[]) => boolean, found: string): Rule =>
  (objects) =>
    podTemplates(objects)
      .filter((pod) => wrong(pod, objects))
      .map(({ object }) => [`${object.kind}/${object.metadata.name}`, found]);
const containers = (wrong: (container: Container) => boolean, found: string): Rule => pods((pod) => pod.containers.some(wrong), found);

/** Grafana's settings that keep strangers out and the network alone. */
const GRAFANA: Readonly<Record<string, string>> = {
  GF_AUTH_ANONYMOUS_ENABLED: 'false',
  // Either would replace bundled plugins at start, which a read-only root file system does not survive: grafana/grafana#132528.
  GF_PLUGINS_PREINSTALL_AUTO_UPDATE: 'false',
  GF_PLUGINS_PREINSTALL_DISABLED: 'true',
};

interface Policy {
  readonly podSelector: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly policyTypes?: readonly string[];
}

/** What our manifests promise beyond kube-linter's checks. */
export const HOUSE_RULES: Readonly<Record<string, Rule>> = {
  'api-token': pods(({ spec }) => spec.automountServiceAccountToken !== false, 'mounts a token for the API'),
  'image-digest': containers(({ image = '' }) => !/:[^/@]+@sha256:[0-9a-f]{64}$/.test(image), 'an image without tag and digest'),
  'service-links': pods(({ spec }) => spec.enableServiceLinks !== false, 'variables for every Service of the namespace'),
  seccomp: pods(({ spec }) => spec.securityContext?.seccompProfile?.type !== 'RuntimeDefault', 'seccompProfile is not RuntimeDefault'),
  'numeric-user': pods(({ spec }) => !(Number(spec.securityContext?.runAsUser) > 0), 'runAsUser is no number above 0'),
  'secret-in-variable': containers(
    ({ env = [] }) => env.some(({ valueFrom }) => valueFrom?.['secretKeyRef'] !== undefined),
    'a Secret in a variable and not in a file',
  ),
  'default-deny': pods(
    ({ labels }, objects) => !['Ingress', 'Egress'].every((type) => isolated(labels, type, objects)),
    'no NetworkPolicy closes it in both directions',
  ),
  'grafana-settings': pods(({ containers: all }) => {
    const grafana = all.find(({ name }) => name === 'grafana');
    const value = (wanted: string): string | undefined => grafana?.env?.find(({ name }) => name === wanted)?.value;
    const asked = Object.entries(GRAFANA).every(([name, wanted]) => value(name) === wanted);
    return grafana !== undefined && !(asked && value('GF_SECURITY_ADMIN_PASSWORD__FILE') !== undefined);
  }, 'anonymous access, plugins from the network, or no password file'),
  'restricted-namespace': (objects) =>
    objects
      .filter(({ kind, metadata }) => kind === 'Namespace' && metadata.labels?.['pod-security.kubernetes.io/enforce'] !== 'restricted')
      .map(({ metadata }) => [`Namespace/${metadata.name}`, 'does not enforce restricted Pod Security']),
};

function isolated(labels: Readonly<Record<string, string>>, type: string, objects: readonly KubeObject[]): boolean {
  return objects.some(({ kind, spec }) => {
    if (kind !== 'NetworkPolicy') return false;
    const { podSelector, policyTypes } = spec as Policy;
    return (policyTypes ?? []).includes(type) && selects(podSelector.matchLabels ?? {}, labels);
  });
}
