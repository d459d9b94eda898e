import { describe, expect, it } from '@jest/globals';
import { podLogs } from '../../../src/verify/cluster-port.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { injected } from '../../support/workloads/injected.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'my-rag-1', namespace: 'demo' },
  spec: { containers: [{ name: 'app' }, { name: 'sidecar' }] },
  status: { phase: 'Running' },
};

describe('the log of a pod', () => {
  it('is that of its other containers where one still waits, and names that one with the reason', async () => {
    const api = listingApi([POD], async (path, query) => {
      if (query?.['container'] === 'sidecar') throw new Error(`GET ${path}: 400 container "sidecar" is waiting to start`);
      return 'duotel[1]: setup complete, DUAL MODE';
    });
    expect(await podLogs(api, injected({}))).toEqual([
      {
        pod: 'my-rag-1',
        text: 'duotel[1]: setup complete, DUAL MODE',
        unread: [
          {
            container: 'sidecar',
            reason: 'GET /api/v1/namespaces/demo/pods/my-rag-1/log: 400 container "sidecar" is waiting to start',
          },
        ],
      },
    ]);
  });

  it('is that of all its containers, also of one that has said nothing', async () => {
    const api = listingApi([POD], async (_path, query) => (query?.['container'] === 'app' ? 'one' : ''));
    expect(await podLogs(api, injected({}))).toEqual([{ pod: 'my-rag-1', text: 'one\n', unread: [] }]);
  });
});
