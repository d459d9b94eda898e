import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../api/kube-object.ts';
import { PROGRAM_LABELS, STACK_LABEL } from '../../../api/names.ts';
import { type Authority, createAuthority } from '../../../tools/cluster/certificates.ts';
import { type ControlPlane, startControlPlane } from '../../../tools/cluster/control-plane.ts';
import { eventually } from '../../support/time/eventually.ts';
import { Admin, path } from './admin.ts';
import { FaultProxy } from './fault-proxy.ts';
import { type OperatorOptions, OperatorProcess } from './operator-process.ts';
import { STACK_OBJECT_KINDS } from './snapshot.ts';

/** Kinds of `dist` that a fault is not tried on: no kubelet runs the operator's pods, and its program is a child of the test. */
const LEFT_OUT = (object: KubeObject): boolean =>
  object.kind === 'Deployment' ||
  object.metadata.labels?.['app.kubernetes.io/component'] === PROGRAM_LABELS['app.kubernetes.io/component'] ||
  object.metadata.name === 'duotel-default-stack';

/** A real control plane with the operator's CRD and rights, a proxy in front of it, and the operator behind that. */
export class World {
  readonly cluster: ControlPlane;
  readonly admin: Admin;
  readonly proxy: FaultProxy;
  readonly folder: string;
  readonly base: readonly KubeObject[];
  /** The proxy's own. */
  readonly authority: Authority;
  /** Every operator started since the last reset, the last one at the end. */
  operators: OperatorProcess[] = [];

  constructor(cluster: ControlPlane, folder: string, base: readonly KubeObject[], authority: Authority) {
    this.cluster = cluster;
    this.folder = folder;
    this.base = base;
    this.admin = new Admin(cluster.kubeconfig);
    this.authority = authority;
    this.proxy = new FaultProxy(this.admin.server, this.admin.ca, this.authority, '');
    this.writeCa(this.authority);
    this.proxy.onCrash = () => this.operator.kill();
  }

  get operator(): OperatorProcess {
    const last = this.operators.at(-1);
    if (last === undefined) throw new Error('no operator was started');
    return last;
  }

  async install(): Promise<void> {
    await this.proxy.listen();
    const isFirst = ({ kind }: KubeObject): boolean => kind === 'Namespace' || kind === 'CustomResourceDefinition';
    for (const object of this.base.filter(isFirst)) await this.admin.apply(object);
    for (const object of this.base.filter((one) => !isFirst(one) && !LEFT_OUT(one))) await this.admin.apply(object);
    await this.admin.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
    await eventually(
      'the CRD to be served',
      async () => (await this.admin.request('GET', path('TelemetryStack', 'duotel'))).status === 200,
    );
    await this.rotateToken();
  }

  /** A new token of the operator's service account, in the file that its kubeconfig names. */
  async rotateToken(): Promise<void> {
    const where = `${path('ServiceAccount', 'duotel', 'duotel-operator')}/token`;
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 7200 } };
    const { body } = await this.admin.request('POST', where, request);
    writeFileSync(join(this.folder, 'token'), (body['status'] as { token: string }).token);
  }

  writeCa(authority: Authority): void {
    writeFileSync(join(this.folder, 'ca.crt'), authority.certificate);
  }

  /** A kubeconfig with the token and the CA in files of their own, as a pod has them. */
  kubeconfig(proxy = this.proxy, name = 'kubeconfig'): string {
    const file = join(this.folder, name);
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile: join(this.folder, 'token') } } };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'proxy', cluster: { server: proxy.url, 'certificate-authority': join(this.folder, 'ca.crt') } }],
      users: [{ name: 'operator', user }],
      contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'operator', namespace: 'duotel' } }],
      'current-context': 'proxy',
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }

  /** Starts the operator; does not wait for it. */
  launch(options: Partial<OperatorOptions> = {}): OperatorProcess {
    const operator = new OperatorProcess({ kubeconfig: this.kubeconfig(), ...options });
    this.operators.push(operator);
    return operator;
  }

  /**
   * Starts the operator again after it was killed. The dead one's lease is taken away, so that a case does not wait fifteen seconds for
   * it to expire; that wait has cases of its own (G1, G2).
   */
  async restart(options: Partial<OperatorOptions> = {}): Promise<OperatorProcess> {
    if (this.operators.length > 0) await this.operator.kill();
    await this.freeLease();
    return this.launch(options).started();
  }

  async freeLease(): Promise<void> {
    for (const { metadata } of await this.admin.list('Lease', 'duotel')) await this.admin.delete('Lease', metadata.name);
  }

  /** Everything as it was after {@link install}, and a fresh workload; no operator runs. */
  async reset(): Promise<void> {
    for (const operator of this.operators) await operator.kill();
    this.operators = [];
    this.proxy.clear();
    this.proxy.passed.length = 0;
    await this.freeLease();
    const { admin } = this;
    const remove = async (kind: string, namespace: string, selector = ''): Promise<void> => {
      for (const { metadata } of await admin.list(kind, namespace, selector)) {
        if (metadata.finalizers !== undefined && kind !== 'Deployment')
          await admin.patch(kind, metadata.name, { metadata: { finalizers: null } }, namespace).catch(() => undefined);
        await admin.delete(kind, metadata.name, namespace);
      }
    };
    await remove('TelemetryStack', 'duotel');
    await Promise.all([
      ...[...STACK_OBJECT_KINDS, 'Secret'].map((kind) => remove(kind, 'duotel', STACK_LABEL)),
      remove('Deployment', 'shop'),
      remove('ConfigMap', 'shop', 'app.kubernetes.io/managed-by=duotel'),
      admin.delete('ConfigMap', 'duotel-default-stack'),
    ]);
    await eventually('the workload of the last case to be gone', async () => (await admin.list('ReplicaSet', 'shop')).length === 0, 90);
    await admin.create(workload());
    await eventually('the workload to be seen by its controller', async () => (await admin.list('ReplicaSet', 'shop')).length === 1, 90);
  }

  async close(): Promise<void> {
    for (const operator of this.operators) await operator.kill();
    await this.proxy.close();
    await this.admin.close();
    await this.cluster.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Objects of the folder that test/faults/run.ts synthesized. */
function distObjects(): readonly KubeObject[] {
  const dist = process.env['DUOTEL_FAULTS_DIST'] ?? 'dist';
  const files = readdirSync(dist).filter((name) => !name.startsWith('20-'));
  return files
    .sort()
    .flatMap((name) => parseAllDocuments(readFileSync(join(dist, name), 'utf8')).map((document) => document.toJS() as KubeObject));
}

export async function startWorld(): Promise<World> {
  const cluster = await startControlPlane({ audit: true });
  const world = new World(cluster, mkdtempSync(join(tmpdir(), 'duotel-faults-')), distObjects(), await createAuthority('fault-proxy-ca'));
  try {
    await world.install();
  } catch (error) {
    await world.close();
    throw error;
  }
  return world;
}

/** The workload that is injected into and reverted. */
export function workload(name = 'my-rag'): KubeObject {
  const labels = { app: name };
  const spec = { containers: [{ name: 'app', image: 'example/app:1', env: [{ name: 'MODE', value: 'prod' }] }] };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
