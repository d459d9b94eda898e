import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAuthority } from '../../../tools/cluster/certificates.ts';
import type { Admin } from './admin.ts';

export interface RewritingWebhook {
  readonly calls: number;
  remove(): Promise<void>;
}

/** A real mutating webhook that sets every value of a ConfigMap's data to its own, whoever writes what. */
export async function rewritingWebhook(admin: Admin, configMap: string): Promise<RewritingWebhook> {
  const authority = createAuthority('webhook-ca');
  const { certificate, key } = authority.issue({ subject: { commonName: 'webhook' }, names: ['127.0.0.1'] });
  let calls = 0;
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    let body = '';
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    const review = JSON.parse(body) as { request: { uid: string; object?: { metadata?: { name?: string }; data?: object } } };
    const { uid, object } = review.request;
    const isIt = object?.metadata?.name === configMap;
    if (isIt) calls += 1;
    const patch = Object.keys(isIt ? (object.data ?? {}) : {}).map((field) => ({
      op: 'replace',
      path: `/data/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      value: '# rewritten\n',
    }));
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
        rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: ['configmaps'] }],
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
