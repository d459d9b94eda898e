import type { KubeObject } from '../../api/kube-object.ts';
import { type Container, type PodTemplate, type Probe, podTemplates, selects } from './pods.ts';

/** What one rule holds against objects: `Kind/name` and what was found there. */
export type Rule = (objects: readonly KubeObject[]) => readonly (readonly [object: string, found: string])[];

const id = ({ kind, metadata }: KubeObject): string => `${kind}/${metadata.name}`;
const perPod =
  (wrong: (pod: PodTemplate, objects: readonly KubeObject[]) => string | undefined): Rule =>
  (objects) =>
    podTemplates(objects).flatMap((pod) => {
      const found = wrong(pod, objects);
      return found === undefined ? [] : [[id(pod.object), found] as const];
    });
const perContainer = (wrong: (container: Container, pod: PodTemplate) => boolean): Rule =>
  perPod((pod) => {
    const names = pod.containers.filter((container) => wrong(container, pod)).map(({ name }) => `container ${name}`);
    return names.length === 0 ? undefined : names.join(', ');
  });
const perKind =
  (kind: string, wrong: (object: KubeObject, objects: readonly KubeObject[]) => boolean, found: string): Rule =>
  (objects) =>
    objects.filter((object) => object.kind === kind && wrong(object, objects)).map((object) => [id(object), found]);
const hostPath = (pattern: RegExp): Rule =>
  perPod(({ spec }) => spec.volumes?.find(({ hostPath: at }) => at !== undefined && pattern.test(at.path))?.hostPath?.path);
const disruption = (field: string, wrong: (value: unknown) => boolean, found: string): Rule =>
  perKind('PodDisruptionBudget', (object) => wrong((object['spec'] as Record<string, unknown>)[field]), found);
const targetsNoPort = (kind: 'livenessProbe' | 'readinessProbe' | 'startupProbe'): Rule =>
  perContainer((container) => {
    const port = portOf(container[kind]);
    return port !== undefined && !(container.ports ?? []).some(({ name, containerPort }) => name === port || containerPort === port);
  });

const SAFE_SYSCTLS =
  /^(kernel\.shm_rmid_forced|net\.ipv4\.(ip_local_port_range|tcp_syncookies|ping_group_range|ip_unprivileged_port_start))$/;
const SENSITIVE = /^\/(boot|dev|etc|lib|proc|sys|usr)?$/;

/**
 * The checks that kube-linter makes by default, by its own names (its page "KubeLinter checks", 0.8): the registries that we build from do
 * not serve the program, so what it would find is found here.
 */
export const KUBE_LINTER_RULES: Readonly<Record<string, Rule>> = {
  'dangling-service': perKind(
    'Service',
    ({ spec }, objects) => {
      const { selector } = spec as { readonly selector?: Readonly<Record<string, string>> };
      return selector !== undefined && !podTemplates(objects).some(({ labels }) => selects(selector, labels));
    },
    'selects no pods of these manifests',
  ),
  'deprecated-service-account-field': perPod(({ spec }) => spec.serviceAccount),
  'docker-sock': hostPath(/docker\.sock$/),
  'drop-net-raw-capability': perContainer(({ securityContext }) => {
    const { add = [], drop = [] } = securityContext?.capabilities ?? {};
    return add.some((one) => one === 'NET_RAW' || one === 'ALL') || !drop.some((one) => one === 'NET_RAW' || one === 'ALL');
  }),
  'duplicate-env-var': perContainer(({ env = [] }) => new Set(env.map(({ name }) => name)).size < env.length),
  'env-var-secret': perContainer(({ env = [] }) =>
    env.some(({ name, value }) => /secret/i.test(name) && value !== undefined && value !== ''),
  ),
  'host-ipc': perPod(({ spec }) => (spec.hostIPC === true ? 'hostIPC' : undefined)),
  'host-network': perPod(({ spec }) => (spec.hostNetwork === true ? 'hostNetwork' : undefined)),
  'host-pid': perPod(({ spec }) => (spec.hostPID === true ? 'hostPID' : undefined)),
  'invalid-target-ports': (objects) => [
    ...perContainer(({ ports = [] }) => ports.some(({ name }) => name !== undefined && !isPortName(name)))(objects),
    ...perKind(
      'Service',
      ({ spec }) => targetPorts(spec).some((port) => typeof port === 'string' && !isPortName(port)),
      'no port name',
    )(objects),
  ],
  'job-ttl-seconds-after-finished': (objects) =>
    objects
      .filter(({ kind, spec }) => kind === 'Job' && (spec as { ttlSecondsAfterFinished?: number }).ttlSecondsAfterFinished === undefined)
      .map((object) => [id(object), 'has no ttlSecondsAfterFinished']),
  'latest-tag': perContainer(({ image = '' }) => !/[:@][^/]+$/.test(image) || /:latest(@|$)/.test(image)),
  'liveness-port': targetsNoPort('livenessProbe'),
  'mismatching-selector': perPod(({ selector, labels }) =>
    selector === undefined || selects(selector, labels) ? undefined : 'selector and labels of the pods differ',
  ),
  'no-anti-affinity': perPod(({ replicas, spec }) =>
    replicas > 1 && spec.affinity?.podAntiAffinity === undefined ? `${replicas} pods without podAntiAffinity` : undefined,
  ),
  'no-extensions-v1beta': (objects) =>
    objects.filter(({ apiVersion }) => /^extensions\/v1beta/.test(apiVersion)).map((object) => [id(object), object.apiVersion]),
  'no-read-only-root-fs': perContainer(({ securityContext }) => securityContext?.readOnlyRootFilesystem !== true),
  'non-existent-service-account': perPod(({ spec }, objects) => {
    const { serviceAccountName: name = 'default' } = spec;
    const exists = name === 'default' || objects.some(({ kind, metadata }) => kind === 'ServiceAccount' && metadata.name === name);
    return exists ? undefined : name;
  }),
  'pdb-max-unavailable': disruption('maxUnavailable', (value) => value === 0 || value === '0%', 'maxUnavailable is 0'),
  'pdb-min-available': perKind(
    'PodDisruptionBudget',
    ({ spec }, objects) => {
      const { minAvailable, selector } = spec as {
        readonly minAvailable?: number | string;
        readonly selector: { readonly matchLabels: Labels };
      };
      const pods = podTemplates(objects).filter(({ labels }) => selects(selector.matchLabels, labels));
      return minAvailable === '100%' || (typeof minAvailable === 'number' && pods.some(({ replicas }) => minAvailable >= replicas));
    },
    'minAvailable lets no pod go',
  ),
  'pdb-unhealthy-pod-eviction-policy': disruption('unhealthyPodEvictionPolicy', (value) => value === undefined, 'is not set'),
  'privilege-escalation-container': perContainer(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false),
  'privileged-container': perContainer(({ securityContext }) => securityContext?.privileged === true),
  'readiness-port': targetsNoPort('readinessProbe'),
  'run-as-non-root': perContainer(({ securityContext }, { spec }) => {
    const { runAsNonRoot, runAsUser } = { ...spec.securityContext, ...securityContext };
    return runAsNonRoot !== true || runAsUser === 0;
  }),
  'sensitive-host-mounts': hostPath(SENSITIVE),
  'ssh-port': perContainer(({ ports = [] }) => ports.some(({ containerPort }) => containerPort === 22)),
  'startup-port': targetsNoPort('startupProbe'),
  'unsafe-sysctls': perPod(({ spec }) => spec.securityContext?.sysctls?.find(({ name }) => !SAFE_SYSCTLS.test(name))?.name),
  'unset-cpu-requirements': perContainer(({ resources }) => resources?.requests?.['cpu'] === undefined),
  'unset-memory-requirements': perContainer(
    ({ resources }) => resources?.requests?.['memory'] === undefined || resources.limits?.['memory'] === undefined,
  ),
};

type Labels = Readonly<Record<string, string>>;

function portOf(probe: Probe | undefined): number | string | undefined {
  return (probe?.httpGet ?? probe?.tcpSocket)?.port;
}

function targetPorts(spec: unknown): readonly (number | string | undefined)[] {
  return ((spec as { readonly ports?: readonly { readonly targetPort?: number | string }[] }).ports ?? []).map(
    ({ targetPort }) => targetPort,
  );
}

/** IANA_SVC_NAME of the Kubernetes API: at most 15 of `a-z0-9-`, one letter at least, no hyphen at an end or twice. */
function isPortName(name: string): boolean {
  return /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(name);
}
