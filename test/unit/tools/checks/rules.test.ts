import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { judge, loadExceptions, parseExceptions } from '../../../../tools/checks/exceptions.ts';
import { applyRules, RULES } from '../../../../tools/checks/rules.ts';

type Fields = Readonly<Record<string, unknown>>;

const DIGEST = 'sha256:fd328de2552466ad78385e1b1289c3f2402b1c45f265b252aab1955b42845ac1';
const CONTAINER = {
  name: 'app',
  image: `registry.example:5000/app:1.0@${DIGEST}`,
  ports: [{ name: 'http', containerPort: 80 }],
  readinessProbe: { httpGet: { port: 'http' } },
  resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { memory: '1Gi' } },
  securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
};
const POD = {
  serviceAccountName: 'app',
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
};
const LABELS = { app: 'x' };
const object = (kind: string, spec: Fields, apiVersion = 'v1'): KubeObject => ({ apiVersion, kind, metadata: { name: 'app' }, spec });
const deployment = (container: Fields = {}, pod: Fields = {}, spec: Fields = {}): KubeObject =>
  object('Deployment', {
    selector: { matchLabels: LABELS },
    ...spec,
    template: { metadata: { labels: LABELS }, spec: { ...POD, ...pod, containers: [{ ...CONTAINER, ...container }] } },
  });
const AROUND = [
  object('ServiceAccount', {}),
  object('Service', { selector: LABELS, ports: [{ targetPort: 'http' }] }),
  object('NetworkPolicy', { podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
];
const budget = (spec: Fields): KubeObject =>
  object('PodDisruptionBudget', { selector: { matchLabels: LABELS }, unhealthyPodEvictionPolicy: 'AlwaysAllow', ...spec });
const checksOf = (...objects: readonly KubeObject[]): readonly string[] => applyRules(objects).map(({ check }) => check);
const hardened = (context: Fields): KubeObject => deployment({ securityContext: { ...CONTAINER.securityContext, ...context } });
const host = (path: string): KubeObject => deployment({}, { volumes: [{ name: 'host', hostPath: { path } }] });
const probe = (name: string): KubeObject => deployment({ [name]: { httpGet: { port: 9999 } } });

/** Objects that have just this wrong, by the rule that is to find it; `AROUND` is added where the rule is not about it. */
const WRONG: Readonly<Record<string, readonly KubeObject[]>> = {
  'dangling-service': [deployment(), object('Service', { selector: { app: 'y' } })],
  'deprecated-service-account-field': [deployment({}, { serviceAccount: 'app' })],
  'docker-sock': [host('/run/docker.sock')],
  'drop-net-raw-capability': [hardened({ capabilities: { drop: ['SYS_ADMIN'] } })],
  'duplicate-env-var': [deployment({ env: [{ name: 'A' }, { name: 'A' }] })],
  'env-var-secret': [deployment({ env: [{ name: 'MY_SECRET', value: 'x' }] })],
  'host-ipc': [deployment({}, { hostIPC: true })],
  'host-network': [deployment({}, { hostNetwork: true })],
  'host-pid': [deployment({}, { hostPID: true })],
  'invalid-target-ports': [deployment({ ports: [...CONTAINER.ports, { name: 'a--b', containerPort: 81 }] })],
  'job-ttl-seconds-after-finished': [
    object('Job', { template: { metadata: { labels: LABELS }, spec: { ...POD, containers: [CONTAINER] } } }),
  ],
  'latest-tag': [deployment({ image: 'registry.example/app:latest' })],
  'liveness-port': [probe('livenessProbe')],
  'mismatching-selector': [deployment({}, {}, { selector: { matchLabels: { app: 'y' } } })],
  'no-anti-affinity': [deployment({}, {}, { replicas: 2 })],
  'no-extensions-v1beta': [object('Ingress', {}, 'extensions/v1beta1')],
  'no-read-only-root-fs': [hardened({ readOnlyRootFilesystem: false })],
  'non-existent-service-account': [deployment({}, { serviceAccountName: 'nobody' })],
  'pdb-max-unavailable': [deployment(), budget({ maxUnavailable: 0 })],
  'pdb-min-available': [deployment(), budget({ minAvailable: 1 })],
  'pdb-unhealthy-pod-eviction-policy': [deployment(), budget({ maxUnavailable: 1, unhealthyPodEvictionPolicy: undefined })],
  'privilege-escalation-container': [hardened({ allowPrivilegeEscalation: undefined })],
  'privileged-container': [hardened({ privileged: true })],
  'readiness-port': [probe('readinessProbe')],
  'run-as-non-root': [hardened({ runAsNonRoot: false })],
  'sensitive-host-mounts': [host('/etc')],
  'ssh-port': [deployment({ ports: [...CONTAINER.ports, { containerPort: 22 }] })],
  'startup-port': [probe('startupProbe')],
  'unsafe-sysctls': [deployment({}, { securityContext: { ...POD.securityContext, sysctls: [{ name: 'kernel.msgmax' }] } })],
  'unset-cpu-requirements': [deployment({ resources: { requests: { memory: '1Gi' }, limits: { memory: '1Gi' } } })],
  'unset-memory-requirements': [deployment({ resources: { requests: { cpu: '1', memory: '1Gi' } } })],
  'api-token': [deployment({}, { automountServiceAccountToken: undefined })],
  'image-digest': [deployment({ image: 'registry.example/app:1.0' })],
  'service-links': [deployment({}, { enableServiceLinks: undefined })],
  seccomp: [deployment({}, { securityContext: { ...POD.securityContext, seccompProfile: { type: 'Unconfined' } } })],
  'numeric-user': [deployment({}, { securityContext: { ...POD.securityContext, runAsUser: undefined } })],
  'secret-in-variable': [deployment({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }] })],
  'grafana-settings': [deployment({ name: 'grafana', env: [{ name: 'GF_AUTH_ANONYMOUS_ENABLED', value: 'true' }] })],
  'restricted-namespace': [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'app' } }],
};

describe('the rules for manifests', () => {
  it('find nothing in a pod that follows them all', () => {
    expect(checksOf(deployment(), ...AROUND, budget({ maxUnavailable: 1 }))).toEqual([]);
  });

  it.each(Object.entries(WRONG))('find what is wrong by %s', (check, objects) => {
    expect(checksOf(...objects, ...AROUND)).toContain(check);
  });

  it('find a pod that a NetworkPolicy closes in one direction only', () => {
    const policy = object('NetworkPolicy', { podSelector: { matchLabels: LABELS }, policyTypes: ['Ingress'] });
    expect(checksOf(deployment(), object('ServiceAccount', {}), policy)).toEqual(['default-deny']);
  });

  it('have an example each', () => {
    expect([...Object.keys(WRONG), 'default-deny'].sort()).toEqual(Object.keys(RULES).sort());
  });
});

describe('written reasons', () => {
  const finding = { checker: 'rules', check: 'ssh-port', object: 'Deployment/a', found: '22' } as const;
  const exception = { checker: 'rules', check: 'ssh-port', objects: ['Deployment/a'], reason: 'People log in there.' } as const;

  it('cover the finding that they name, and no other object', () => {
    expect(judge([finding], [exception])).toEqual({ unexplained: [], stale: [] });
    const other = { ...finding, object: 'Deployment/b' };
    expect(judge([finding, other], [exception])).toEqual({ unexplained: [other], stale: [] });
  });

  it('are stale when nothing is found any more', () => {
    expect(judge([], [exception])).toEqual({ unexplained: [], stale: ['rules ssh-port Deployment/a'] });
  });

  it('must be sentences', () => {
    expect(() => parseExceptions('[{checker: rules, check: a, objects: [A/b], reason: no}]')).toThrow(
      'tools/checks/exceptions.yaml: file/0/reason must NOT have fewer than 20 characters',
    );
  });

  it('in the file are well formed', () => {
    expect(loadExceptions().length).toBeGreaterThan(0);
  });
});
