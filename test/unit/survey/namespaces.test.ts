import { describe, expect, it } from '@jest/globals';
import { readNamespaces } from '../../../src/survey/namespaces.ts';
import { surveyCluster } from '../../../src/survey/survey.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { namespaceObject, workload } from '../../support/workloads/injection.ts';

const api = listingApi([namespaceObject(), namespaceObject({}, 'lab'), workload()]);

describe('a command for one namespace', () => {
  it('reads that Namespace alone', async () => {
    const listless = {
      ...api,
      list: async (...args: Parameters<typeof api.list>) => {
        if (args[0].kind === 'Namespace') throw new Error('no right to list namespaces');
        return api.list(...args);
      },
    };
    expect([...(await surveyCluster(listless, 'shop')).namespaces.keys()]).toEqual(['shop']);
  });

  it('ends with an error where there is none of that name', async () => {
    await expect(readNamespaces(api, 'shpo')).rejects.toThrow('namespace shpo: there is no such namespace');
    await expect(surveyCluster(api, 'shpo')).rejects.toThrow('namespace shpo: there is no such namespace');
  });
});

describe('a command for all namespaces', () => {
  it('reads them all', async () => {
    expect([...(await surveyCluster(api)).namespaces.keys()]).toEqual(['shop', 'lab']);
  });
});
