import { afterEach, describe, expect, it } from '@jest/globals';
import { isApiError, type ResourceType } from '../../../../src/kube/kube-api.ts';
import { createKubeApi, type RestKubeApi } from '../../../../src/kube/rest/rest-kube-api.ts';
import { systemClock } from '../../../../src/kube/system-clock.ts';
import { Reflector } from '../../../../src/kube/watch/reflector.ts';
import { startTlsApi } from '../../../support/fake-api/tls-api.ts';
import { eventually } from '../../../support/time/eventually.ts';

const TYPE: ResourceType = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
const REF = { namespace: 'n', name: 'a' };
const OBJECT = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...REF, resourceVersion: '7' } };
const LIST = { kind: 'ConfigMapList', apiVersion: 'v1', metadata: { resourceVersion: '500' }, items: [OBJECT] };
const RESOURCES = { kind: 'APIResourceList', resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] };
const FAILURE = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason: 'Timeout', code: 504 };
/** What a gateway may answer with code 200 in place of an object. */
const NO_OBJECT = [FAILURE, { ...FAILURE, status: 'Success' }, {}, null, [], 'ok', 5];

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** An API server, or whatever is in front of it, that answers each request but a watch with code 200 and this. */
async function answering(body: () => unknown): Promise<RestKubeApi> {
  const server = await startTlsApi((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(request.url?.includes('watch=true') ? '' : typeof body() === 'string' ? String(body()) : JSON.stringify(body()));
  });
  open.push(server);
  const api = await createKubeApi({ kubeconfig: server.kubeconfig({ token: 't' }) });
  open.push(api);
  return api;
}

describe('an answer with code 200', () => {
  it('that is no list leaves what was listed before where it is', async () => {
    let body: unknown = LIST;
    const api = await answering(() => body);
    const troubles: unknown[] = [];
    const stop = new AbortController();
    const onTrouble = ({ error }: { readonly error: unknown }): unknown => troubles.push(error);
    const options = { api, type: TYPE, clock: systemClock, random: () => 0, onChange: () => undefined, relistMs: 1 };
    const reflector = new Reflector({ ...options, onTrouble });
    const running = reflector.run(stop.signal);
    open.push({
      close() {
        stop.abort();
        return running;
      },
    });
    await reflector.ready();
    body = FAILURE;
    await eventually('the list that is none', async () => troubles.length > 0);
    expect([...reflector.values()].map(({ metadata }) => metadata.name)).toEqual(['a']);
  });

  it('is a list only with a kind, a version and items', async () => {
    const none = [...NO_OBJECT, { ...LIST, kind: 'ConfigMap' }, { ...LIST, items: undefined }, { ...LIST, items: {} }];
    for (const body of [...none, { ...LIST, metadata: {} }, { ...LIST, metadata: { resourceVersion: '' } }]) {
      const error = await (await answering(() => body)).list(TYPE).catch((thrown) => thrown);
      expect(isApiError(error, 'Unreachable') && error.message).toContain('list configmaps: no usable answer');
    }
    expect((await (await answering(() => LIST)).list(TYPE)).items).toEqual([OBJECT]);
    // As Go writes a list that was never filled.
    expect(await (await answering(() => ({ ...LIST, items: null }))).list(TYPE)).toEqual({ items: [], resourceVersion: '500' });
  });

  it('is an object only of the kind that was asked for', async () => {
    for (const body of NO_OBJECT) {
      const api = await answering(() => body);
      const asked = [api.get(TYPE, REF), api.create(TYPE, OBJECT), api.patch(TYPE, REF, 'application/merge-patch+json', {})];
      for (const one of await Promise.allSettled(asked)) {
        expect(one.status === 'rejected' && isApiError(one.reason, 'Unreachable') && one.reason.message).toContain('ConfigMap/n/a');
      }
    }
  });

  it('says that an object is deleted when it is the object, or a Status that is no failure', async () => {
    for (const body of [OBJECT, { ...FAILURE, status: 'Success' }])
      expect(await (await answering(() => body)).delete(TYPE, REF)).toBe(true);
    for (const body of [FAILURE, {}, null])
      await expect((await answering(() => body)).delete(TYPE, REF)).rejects.toThrow('no usable answer');
  });

  it('says which kinds are served only when it is what discovery gives', async () => {
    for (const body of [...NO_OBJECT, { ...RESOURCES, kind: 'Status' }, { ...RESOURCES, resources: {} }]) {
      const error = await (await answering(() => body)).resourceType('v1', 'ConfigMap').catch((thrown) => thrown);
      expect(isApiError(error, 'Unreachable') && error.message).toContain('discover v1: no usable answer');
    }
    expect(await (await answering(() => RESOURCES)).resourceType('v1', 'ConfigMap')).toEqual(TYPE);
    const unserved = (await answering(() => ({ ...RESOURCES, resources: null }))).resourceType('v1', 'ConfigMap');
    await expect(unserved).rejects.toThrow('does not serve');
  });

  it('that is no JSON is not repeated in the error: it may be a Secret', async () => {
    const api = await answering(() => '{"data":{"token": CANARY}}');
    const error = await api.get(TYPE, REF).catch((thrown) => thrown);
    expect(error.message).toBe('get ConfigMap/n/a: no usable answer from the API server: a text of 26 characters is no JSON');
    expect(String(error.cause)).not.toContain('CANARY');
  });
});
