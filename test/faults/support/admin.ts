import { readFileSync } from 'node:fs';
import { Agent } from 'undici';
import type { KubeObject } from '../../../api/kube-object.ts';

/** Where objects of a kind live. */
const PLACES: Readonly<Record<string, readonly [apiVersion: string, plural: string, namespaced?: boolean]>> = {
  Namespace: ['v1', 'namespaces', false],
  ConfigMap: ['v1', 'configmaps'],
  Secret: ['v1', 'secrets'],
  Service: ['v1', 'services'],
  ServiceAccount: ['v1', 'serviceaccounts'],
  PersistentVolumeClaim: ['v1', 'persistentvolumeclaims'],
  Event: ['v1', 'events'],
  Deployment: ['apps/v1', 'deployments'],
  ReplicaSet: ['apps/v1', 'replicasets'],
  StatefulSet: ['apps/v1', 'statefulsets'],
  NetworkPolicy: ['networking.k8s.io/v1', 'networkpolicies'],
  PodDisruptionBudget: ['policy/v1', 'poddisruptionbudgets'],
  HorizontalPodAutoscaler: ['autoscaling/v2', 'horizontalpodautoscalers'],
  Lease: ['coordination.k8s.io/v1', 'leases'],
  Role: ['rbac.authorization.k8s.io/v1', 'roles'],
  RoleBinding: ['rbac.authorization.k8s.io/v1', 'rolebindings'],
  ClusterRole: ['rbac.authorization.k8s.io/v1', 'clusterroles', false],
  ClusterRoleBinding: ['rbac.authorization.k8s.io/v1', 'clusterrolebindings', false],
  CustomResourceDefinition: ['apiextensions.k8s.io/v1', 'customresourcedefinitions', false],
  ValidatingAdmissionPolicy: ['admissionregistration.k8s.io/v1', 'validatingadmissionpolicies', false],
  ValidatingAdmissionPolicyBinding: ['admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings', false],
  MutatingWebhookConfiguration: ['admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations', false],
  TelemetryStack: ['duotel.io/v1alpha1', 'telemetrystacks'],
};

export interface Answer {
  readonly status: number;
  readonly body: KubeObject & { readonly items?: readonly KubeObject[]; readonly message?: string };
}

/**
 * The administrator at the API server, past the proxy. Not the client of the program under test, so that no fault of that one can hide
 * itself.
 */
export class Admin {
  readonly server: string;
  readonly ca: string;
  readonly #agent: Agent;

  constructor(kubeconfig: string) {
    const config = JSON.parse(readFileSync(kubeconfig, 'utf8'));
    const pem = (text: string): string => Buffer.from(text, 'base64').toString();
    const { server, 'certificate-authority-data': ca } = config.clusters[0].cluster;
    const { 'client-certificate-data': cert, 'client-key-data': key } = config.users[0].user;
    this.server = server;
    this.ca = pem(ca);
    this.#agent = new Agent({ connect: { ca: this.ca, cert: pem(cert), key: pem(key) }, connections: 8 });
  }

  async request(
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: unknown,
    type = 'application/json',
  ): Promise<Answer> {
    const response = await this.#agent.request({
      origin: this.server,
      path,
      method,
      headers: { 'content-type': type, 'user-agent': 'admin' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await response.body.text();
    // A path that is not served is answered by a line of text.
    return { status: response.statusCode, body: text.startsWith('{') ? JSON.parse(text) : { metadata: { name: '' }, message: text } };
  }

  async get(kind: string, name: string, namespace = 'duotel'): Promise<KubeObject | undefined> {
    const { status, body } = await this.request('GET', path(kind, namespace, name));
    return status === 404 ? undefined : must(status, body, `get ${kind}/${name}`);
  }

  async list(kind: string, namespace: string, labelSelector = ''): Promise<readonly KubeObject[]> {
    const { status, body } = await this.request('GET', `${path(kind, namespace)}?labelSelector=${encodeURIComponent(labelSelector)}`);
    return (must(status, body, `list ${kind}`).items as readonly KubeObject[]).map((item) => ({
      ...item,
      apiVersion: PLACES[kind]?.[0] ?? '',
      kind,
    }));
  }

  /** Server-side apply as `manager`. */
  async apply(object: KubeObject, manager = 'admin'): Promise<KubeObject> {
    const { name, namespace } = object.metadata;
    const where = `${path(object.kind, namespace ?? '', name)}?fieldManager=${manager}&force=true`;
    const { status, body } = await this.request('PATCH', where, object, 'application/apply-patch+yaml');
    return must(status, body, `apply ${object.kind}/${name}`);
  }

  async create(object: KubeObject): Promise<KubeObject> {
    const { status, body } = await this.request('POST', path(object.kind, object.metadata.namespace ?? ''), object);
    return must(status, body, `create ${object.kind}/${object.metadata.name}`);
  }

  /** JSON merge patch; as the field manager `kubectl-edit`, who is nobody of ours. */
  async patch(kind: string, name: string, patch: object, namespace = 'duotel'): Promise<KubeObject> {
    const where = `${path(kind, namespace, name)}?fieldManager=kubectl-edit`;
    const { status, body } = await this.request('PATCH', where, patch, 'application/merge-patch+json');
    return must(status, body, `patch ${kind}/${name}`);
  }

  /** Deletes in the background; nothing to delete is fine. */
  async delete(kind: string, name: string, namespace = 'duotel'): Promise<void> {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
    const { status, body } = await this.request('DELETE', path(kind, namespace, name), options);
    if (status !== 404) must(status, body, `delete ${kind}/${name}`);
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

/** Path of a kind's objects in a namespace, or of one. */
export function path(kind: string, namespace: string, name = ''): string {
  const place = PLACES[kind];
  if (place === undefined) throw new Error(`admin.ts does not know where ${kind} lives: add it to PLACES`);
  const [apiVersion, plural, namespaced = true] = place;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespaced ? `/namespaces/${namespace}` : ''}/${plural}${name && `/${name}`}`;
}

function must(status: number, body: Answer['body'], what: string): Answer['body'] {
  if (status < 200 || status > 299) throw new Error(`${what}: ${status}: ${body.message}`);
  return body;
}
