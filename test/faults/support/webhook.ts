import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { KubeObject } from '../../../api/kube-object.ts';
import { createAuthority } from '../../../tools/cluster/certificates.ts';
import type { Admin } from './admin.ts';

export interface RewritingWebhook {
  /** How often it has changed something. */
  readonly calls: number;
  remove(): Promise<void>;
}

export interface JsonPatchStep {
  readonly op: 'replace' | 'remove';
  readonly path: string;
  readonly value?: unknown;
}

/** What a webhook changes, whoever writes what. */
export interface Rewriting {
  readonly apiGroup: string;
  /** Plural. */
  readonly resource: string;
  readonly name: string;
  /** Of the object as it would be stored. */
  readonly edit: (object: KubeObject) => readonly JsonPatchStep[];
}

/** Every value of a ConfigMap's data is the webhook's. */
export function everyValue(name: string): Rewriting {
  const path = (field: string): string => `/data/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const edit = (object: KubeObject): readonly JsonPatchStep[] =>
    Object.keys((object['data'] ?? {}) as object).map((field) => ({ op: 'replace', path: path(field), value: '# rewritten\n' }));
  return { apiGroup: '', resource: 'configmaps', name, edit };
}

/** The first container of a Deployment loses each variable of OpenTelemetry. */
export function noTelemetry(name: string): Rewriting {
  const edit = (object: KubeObject): readonly JsonPatchStep[] => {
    const { spec } = (object['spec'] as { template: { spec: { containers: readonly { env?: readonly { name: string }[] }[] } } }).template;
    const env = spec.containers[0]?.env ?? [];
    const left = env.filter((one) => !one.name.startsWith('OTEL_'));
    return left.length === env.length ? [] : [{ op: 'replace', path: '/spec/template/spec/containers/0/env', value: left }];
  };
  return { apiGroup: 'apps', resource: 'deployments', name, edit };
}

/** A real mutating webhook. */
export async function rewritingWebhook(admin: Admin, { apiGroup, resource, name: target, edit }: Rewriting): Promise<RewritingWebhook> {
  const authority = await createAuthority('webhook-ca');
  const { certificate, key } = await authority.issue({ subject: { commonName: 'webhook' }, names: ['127.0.0.1'] });
  let calls = 0;
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const { uid, object } = (JSON.parse(body) as { request: { uid: string; object: KubeObject } }).request;
    const patch = object.metadata.name === target ? edit(object) : [];
    if (patch.length > 0) calls += 1;
    const answer = { uid, allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const name = 'rewriting.example.com';
  await admin.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name },
    webhooks: [
      {
        name,
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        failurePolicy: 'Ignore',
        timeoutSeconds: 2,
        clientConfig: { url: `https://127.0.0.1:${port}/`, caBundle: Buffer.from(authority.certificate).toString('base64') },
        rules: [{ apiGroups: [apiGroup], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: [resource] }],
      },
    ],
  });
  return {
    get calls() {
      return calls;
    },
    async remove() {
      await admin.delete('MutatingWebhookConfiguration', name, '');
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
