import { describe, expect, it } from '@jest/globals';
import { isApiError, KubeApiError } from '../../../../src/kube/kube-api.ts';
import { Discovery } from '../../../../src/kube/rest/discovery.ts';

const DEPLOYMENTS = { name: 'deployments', kind: 'Deployment', namespaced: true };
const failure = (status: number): KubeApiError => new KubeApiError('x', { status, reason: 'x', message: 'x', causes: [] });

/** What an API server serves of apps/v1; `asked` counts how often it was asked. */
function server(...resources: readonly object[]) {
  const state = { resources, fault: undefined as KubeApiError | undefined, asked: 0 };
  const discovery = new Discovery(async () => {
    state.asked += 1;
    if (state.fault !== undefined) throw state.fault;
    return { kind: 'APIResourceList', resources: state.resources };
  });
  return { state, plural: async (kind = 'Deployment') => (await discovery.resourceType('apps/v1', kind)).plural, discovery };
}

describe('the resource type of a kind', () => {
  it('is that of its objects, not of a part of them that has the same kind', async () => {
    const { plural } = server(DEPLOYMENTS, { ...DEPLOYMENTS, name: 'deployments/status' });
    expect(await plural()).toBe('deployments');
  });

  it('is asked for once, also by requests that start together, until it is forgotten', async () => {
    const { state, plural, discovery } = server(DEPLOYMENTS);
    await Promise.all([plural(), plural()]);
    await plural();
    expect(state.asked).toBe(1);
    discovery.forget('apps/v1');
    await plural();
    expect(state.asked).toBe(2);
  });

  it('is found when it has come since the server was asked first', async () => {
    const { state, plural } = server(DEPLOYMENTS);
    await plural();
    state.resources = [DEPLOYMENTS, { name: 'daemonsets', kind: 'DaemonSet', namespaced: true }];
    expect(await plural('DaemonSet')).toBe('daemonsets');
  });

  it('is missing where the server does not serve it, or its group not at all, and that is no failure of the server', async () => {
    const { state, plural } = server(DEPLOYMENTS);
    const missing = async (kind: string): Promise<boolean> => {
      const error = await plural(kind).catch((thrown) => thrown);
      return isApiError(error, 'NotFound') && error.body.unserved === true;
    };
    expect(await missing('Other')).toBe(true);
    state.fault = failure(404);
    expect(await missing('Other')).toBe(true);
    state.fault = failure(503);
    expect(await missing('Other')).toBe(false);
  });

  it('is asked for again after a failure', async () => {
    const { state, plural } = server(DEPLOYMENTS);
    state.fault = failure(503);
    await expect(plural()).rejects.toThrow('x');
    state.fault = undefined;
    expect(await plural()).toBe('deployments');
  });
});
