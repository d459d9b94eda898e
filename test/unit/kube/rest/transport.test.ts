import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { isApiError, type ResourceType } from '../../../../src/kube/kube-api.ts';
import { WriteFence } from '../../../../src/kube/lease/fence.ts';
import { withRequestContext } from '../../../../src/kube/request-context.ts';
import { createKubeApi, type RestKubeApi } from '../../../../src/kube/rest/rest-kube-api.ts';
import { createAuthority } from '../../../../tools/cluster/certificates.ts';
import { startTlsApi, type TlsApi } from '../../../support/fake-api/tls-api.ts';
import { eventually } from '../../../support/time/eventually.ts';

const TYPE: ResourceType = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const REF = { namespace: 'n', name: 'a' };
const json = (response: ServerResponse, status: number, body: object): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: REF };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function start(
  user: object | ((server: TlsApi) => object),
  answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => json(response, 200, object),
  options: { readonly fence?: WriteFence } = {},
): Promise<{ readonly server: TlsApi; readonly api: RestKubeApi }> {
  const server = await startTlsApi(answer);
  open.push(server);
  const kubeconfig = server.kubeconfig(typeof user === 'function' ? user(server) : user);
  const api = await createKubeApi({ kubeconfig }, options);
  open.push(api);
  return { server, api };
}

describe('connections', () => {
  it('are kept: once there are enough for the requests at a time, no TLS handshake is made', async () => {
    const { server, api } = await start({ token: 't' });
    // The pool takes one more than there are requests at a time: a connection is free again a moment after its answer is read.
    for (let i = 0; i < 3; i += 1) await Promise.all(Array.from({ length: 4 }, () => api.get(TYPE, REF)));
    const warm = server.handshakes();
    for (let i = 0; i < 50; i += 1) {
      await api.get(TYPE, REF);
      await api.patch(TYPE, REF, 'application/merge-patch+json', {});
    }
    await Promise.all(Array.from({ length: 4 }, () => api.get(TYPE, REF)));
    expect(warm).toBeLessThanOrEqual(8);
    expect(server.handshakes()).toBe(warm);
  });

  it('are never all taken by watches: a request gets one with a hundred streams open', async () => {
    const stop = new AbortController();
    let streams = 0;
    const { api } = await start({ token: 't' }, (request, response) => {
      if (!request.url?.includes('watch=true')) return json(response, 200, object);
      streams += 1;
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    });
    const watch = async (): Promise<void> => {
      for await (const event of api.watch(TYPE, { signal: stop.signal })) expect(event).toBeUndefined();
    };
    const watching = Array.from({ length: 100 }, watch);
    await eventually('all streams to be open', async () => streams === 100);
    expect(await api.get(TYPE, REF)).toMatchObject({ metadata: REF });
    stop.abort();
    await Promise.all(watching);
  });
});

describe('credentials', () => {
  it('are read anew when the token file was replaced and the old token is refused', async () => {
    let good = 'one';
    const { server, api } = await start(
      (it) => ({ 'auth-provider': { name: 'tokenFile', config: { tokenFile: it.file('token', 'one\n') } } }),
      (request, response) => json(response, request.headers.authorization === `Bearer ${good}` ? 200 : 401, object),
    );
    await api.get(TYPE, REF);
    good = 'two';
    server.file('token', 'two\n');
    expect(await api.get(TYPE, REF)).toMatchObject(object);
    expect(server.requests.at(-1)).toContain(' two');
  });

  it('change with the files of a client certificate, without a restart', async () => {
    const issue = async (server: TlsApi, name: string): Promise<void> => {
      const { certificate, key } = await server.authority.issue({ subject: { commonName: name } });
      server.file('tls.crt', certificate);
      server.file('tls.key', key);
    };
    const { server, api } = await start((it) => ({ 'client-certificate': it.file('tls.crt', ''), 'client-key': it.file('tls.key', '') }));
    await issue(server, 'before');
    await api.get(TYPE, REF);
    expect(server.requests.at(-1)).toContain('before');
    await issue(server, 'after');
    await eventually('the new certificate', async () => {
      await api.get(TYPE, REF);
      return server.requests.at(-1)?.endsWith('after');
    });
  });

  it('change with the certificate authority, without a restart', async () => {
    const { server, api } = await start({ token: 't' });
    await api.get(TYPE, REF);
    const next = await createAuthority('second');
    await server.present(next);
    server.file('ca.crt', server.authority.certificate + next.certificate);
    await sleep(1100);
    // The connections of before are gone with their server.
    expect(await api.get(TYPE, REF)).toMatchObject(object);
    expect(server.handshakes()).toBe(2);
  });

  it('come from an exec plugin, which runs once for requests that start together, and again when its token is refused', async () => {
    let good = 'token-1';
    const { server, api } = await start(
      (it) => {
        const count = it.file('count', '0');
        const script = [
          '#!/bin/sh',
          `n=$(($(cat ${count}) + 1))`,
          `echo $n > ${count}`,
          `echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"token-'$n'"}}'`,
        ];
        const command = it.file('plugin.sh', script.join('\n'), 0o700);
        return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never' } };
      },
      (request, response) => json(response, request.headers.authorization === `Bearer ${good}` ? 200 : 401, object),
    );
    await Promise.all(Array.from({ length: 8 }, () => api.get(TYPE, REF)));
    expect(new Set(server.requests)).toEqual(new Set(['GET /api/v1/namespaces/n/configmaps/a token-1']));
    good = 'token-2';
    expect(await api.get(TYPE, REF)).toMatchObject(object);
  });
});

describe('a fence', () => {
  it('keeps a write that was prepared before it shut from being sent, even when it only waited for its connection', async () => {
    let now = 0;
    const fence = new WriteFence([() => now]);
    const { server, api } = await start({ token: 't' }, undefined, { fence });
    await expect(api.patch(TYPE, REF, 'application/merge-patch+json', {})).rejects.toThrow('not ours');
    fence.extend(fence.mark(), 10_000);
    const writing = api.patch(TYPE, REF, 'application/merge-patch+json', {});
    // The handshake is not over yet: the pause comes before the request is on its way.
    await new Promise((resolve) => setImmediate(resolve));
    now = 30_000;
    await expect(writing).rejects.toThrow('not ours');
    await api.get(TYPE, REF);
    expect(server.requests.map((line) => line.split(' ')[0])).toEqual(['GET']);
  });

  it('ends a write that hangs when it shuts, and lets reads go on', async () => {
    const fence = new WriteFence([() => 0]);
    fence.extend(fence.mark(), 10_000);
    let cut = false;
    const { server, api } = await start(
      { token: 't' },
      (request, response) => {
        if (request.method === 'GET') return json(response, 200, object);
        response.on('close', () => {
          cut = true;
        });
      },
      { fence },
    );
    const writing = api.patch(TYPE, REF, 'application/merge-patch+json', {});
    await eventually('the write', async () => server.requests.length === 1);
    fence.shut();
    await expect(writing).rejects.toThrow('not ours');
    await eventually('the server to see it end', async () => cut);
    expect(await api.get(TYPE, REF)).toMatchObject(object);
  });
});

describe('a request', () => {
  it('ends with the piece of work that it belongs to, and is not tried again', async () => {
    const { server, api } = await start({ token: 't' }, () => undefined);
    const work = new AbortController();
    const asking = withRequestContext({ priority: 'user', signal: work.signal }, () => api.get(TYPE, REF));
    await eventually('the request', async () => server.requests.length === 1);
    work.abort(new Error('time is up'));
    await expect(asking).rejects.toThrow('time is up');
    await sleep(200);
    expect(server.requests).toHaveLength(1);
  });

  it('for a type that is not served any more is no missing object, and discovery is asked anew', async () => {
    let served = true;
    const { server, api } = await start({ token: 't' }, ({ url }, response) => {
      if (url === '/api/v1')
        json(response, 200, { kind: 'APIResourceList', resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] });
      else if (served) json(response, 404, { reason: 'NotFound', details: { name: 'a' } });
      else json(response, 404, { reason: 'NotFound', message: 'the server could not find the requested resource', details: {} });
    });
    const discoveries = (): number => server.requests.filter((line) => line.startsWith('GET /api/v1 ')).length;
    expect(await api.get(await api.resourceType('v1', 'ConfigMap'), REF)).toBeUndefined();
    await api.resourceType('v1', 'ConfigMap');
    expect(discoveries()).toBe(1);
    served = false;
    const error = await api.get(TYPE, REF).catch((thrown) => thrown);
    expect(isApiError(error) && error.body.unserved).toBe(true);
    await api.resourceType('v1', 'ConfigMap');
    expect(discoveries()).toBe(2);
  });

  it('for one group that is not available is nobody else’s trouble', async () => {
    const { api } = await start({ token: 't' }, ({ url }, response) => {
      if (url === '/apis/metrics.k8s.io/v1beta1') response.writeHead(503, { 'retry-after': '60' }).end('unavailable');
      else json(response, 200, { kind: 'APIResourceList', resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] });
    });
    await expect(api.resourceType('metrics.k8s.io/v1beta1', 'PodMetrics')).rejects.toThrow('503');
    expect(await api.resourceType('v1', 'ConfigMap')).toEqual(TYPE);
    await expect(api.resourceType('v1', 'Unknown')).rejects.toThrow('does not serve v1 Unknown');
  });

  it('of a watch brings objects whole, in whatever pieces they come, with metadata alone when no more is wanted', async () => {
    const accepted: (string | undefined)[] = [];
    const data = { text: 'ä€😀'.repeat(50_000) };
    const { api } = await start({ token: 't' }, (request, response) => {
      accepted.push(request.headers.accept);
      const bytes = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: { ...object, data } })}\n{"type":"ADDED","obj`);
      response.writeHead(200);
      // Cut inside a character, and ended inside a line.
      const cut = bytes.indexOf(Buffer.from('€')) + 1;
      response.write(bytes.subarray(0, cut));
      setTimeout(() => response.end(bytes.subarray(cut)), 50);
    });
    const events = [];
    for await (const event of api.watch(TYPE, { signal: new AbortController().signal, metadataOnly: true })) events.push(event);
    expect(events).toEqual([{ type: 'ADDED', object: { ...object, data } }]);
    expect(accepted).toEqual(['application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json']);
  });
});
