import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { loadKubeConfig } from '../../../../src/kube/rest/credentials.ts';
import { createKubeApi } from '../../../../src/kube/rest/rest-kube-api.ts';
import { startTlsApi, type TlsApi } from '../../../support/fake-api/tls-api.ts';

const CANARY = 'CANARY';
/** A part of a token of OpenID Connect that is no JSON. */
const encoded = Buffer.from(`{"alg": ${CANARY}}`).toString('base64url');

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function server(): Promise<TlsApi> {
  const api = await startTlsApi((_request, response) => void response.writeHead(200).end('{}'));
  open.push(api);
  return api;
}

describe('credentials that can not be read', () => {
  it('are named by file, line and column, and never repeated', async () => {
    const files = await server();
    const head = 'apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user: ';
    for (const [text, where] of [
      [`${head}{token: ${CANARY}, [}\n`, 'line 5, column '],
      [`${head}\n    token: ${CANARY}\n   password: ${CANARY}\n`, 'line 7, column '],
      [`${head}{token: *${CANARY}}\n`, 'line 5, column '],
      [`${head}{token: !${CANARY} x}\n`, 'line 5, column '],
      [`${head}"${CANARY}`, 'line 5, column '],
    ] as const) {
      const path = files.file('broken', text);
      const error = await loadKubeConfig({ kubeconfig: path }).catch((thrown) => thrown);
      expect(error.message).toContain(`kubeconfig ${path} can not be read: it is no YAML, ${where}`);
      expect(error.message).not.toContain('\n');
      expect(inspect(error)).not.toContain(CANARY);
    }
  });

  it('say what is wrong where no text of theirs is in it', async () => {
    const files = await server();
    const path = files.file('nameless', 'users: [{user: {token: CANARY}}]\n');
    await expect(loadKubeConfig({ kubeconfig: path })).rejects.toThrow(`kubeconfig ${path} can not be read: users[0].name is missing`);
    await expect(loadKubeConfig({ kubeconfig: `${path}-absent` })).rejects.toThrow('ENOENT');
  });

  it('are not repeated by the request that needs them, wherever they come from', async () => {
    const users: readonly ((files: TlsApi) => object)[] = [
      (files) => {
        const command = files.file('plugin.sh', `#!/bin/sh\necho '{"status":{"token": ${CANARY}}}'\n`, 0o700);
        return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' } };
      },
      () => ({ 'auth-provider': { name: 'oidc', config: { 'id-token': `${encoded}.${encoded}.x`, 'refresh-token': CANARY } } }),
      (files) => ({ 'auth-provider': { name: 'tokenFile', config: { tokenFile: files.file('token', `a\n${CANARY}\u0001b`) } } }),
      () => ({ 'client-certificate-data': Buffer.from(CANARY).toString('base64'), 'client-key-data': CANARY }),
    ];
    for (const user of users) {
      const files = await server();
      const api = await createKubeApi({ kubeconfig: files.kubeconfig(user(files)) }, { retry: { attempts: 1, baseMs: 1, maxMs: 1 } });
      open.push(api);
      const error = await api.getText('/version').catch((thrown) => thrown);
      expect(error.message).toContain('get /version: ');
      expect(error.message).not.toContain(CANARY);
      expect(inspect(error)).not.toContain(CANARY);
    }
  });

  it('of an exec plugin that prints no JSON are told by the user of the kubeconfig', async () => {
    const files = await server();
    const command = files.file('plugin.sh', '#!/bin/sh\necho logged in\n', 0o700);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' };
    const api = await createKubeApi({ kubeconfig: files.kubeconfig({ exec }) }, { retry: { attempts: 1, baseMs: 1, maxMs: 1 } });
    open.push(api);
    await expect(api.getText('/version')).rejects.toThrow('credentials of user "u" can not be read: ');
  });
});
