import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';
import { previewCluster } from '../../../src/preview/preview-cluster.ts';
import { surveyCluster, surveyPlaces, surveyStacks } from '../../../src/survey/survey.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';
import { namespaceObject, workload } from '../../support/workloads/injection.ts';

const defaultStackConfig = (annotations: Readonly<Record<string, string>> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'duotel-default-stack', namespace: 'duotel', annotations },
});

describe('a cluster without a TelemetryStack', () => {
  it('is taken to get the default one at the first start of the operator', async () => {
    const survey = await surveyCluster(listingApi([namespaceObject(), defaultStackConfig()]));
    expect(survey).toMatchObject({ assumedStack: true, stacks: [{ suspended: false }] });
  });

  it('has workloads that wait for one, where the default one was deleted', async () => {
    const asking = workload({
      annotations: { 'duotel.io/backend': 'both', 'duotel.io/status': 'Pending WaitingForStack: there is no TelemetryStack' },
    });
    const made = defaultStackConfig({ 'duotel.io/default-applied': '0123456789abcdef' });
    const api = listingApi([namespaceObject(), made, asking]);
    const survey = await surveyCluster(api);
    expect(survey).toMatchObject({ assumedStack: false, stacks: [] });
    expect(await previewCluster(api, survey)).toMatchObject([{ action: 'none', reason: 'WaitingForStack', effect: 'none' }]);
  });
});

describe('TelemetryStacks that may not be listed', () => {
  it('are an error that names the right', async () => {
    const api = listingApi([namespaceObject()]);
    const forbidden = new KubeApiError('list', { status: 403, reason: 'Forbidden', message: '', causes: [] });
    const list: typeof api.list = async (type, options) => {
      if (type.kind === 'TelemetryStack') throw forbidden;
      return api.list(type, options);
    };
    await expect(surveyStacks({ ...api, list })).rejects.toThrow('you may not list telemetrystacks.duotel.io in namespace duotel');
    expect((await surveyPlaces({ ...api, list }, 'shop')).namespaces.size).toBe(1);
  });
});
