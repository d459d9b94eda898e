import { describe, expect, it } from '@jest/globals';
import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { formatRecord } from '../../../src/inject/record/record.ts';
import { choose, type VerifyTarget } from '../../../src/verify/choose.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';

const RECORD = formatRecord({ backend: 'both', bootstrap: 'python', stack: 'duotel/duotel', containers: {}, volumes: {} });

const deployment = (annotations: Readonly<Record<string, string>>): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'my-rag', namespace: 'demo', annotations },
  spec: { template: { spec: { containers: [{ name: 'app' }] } } },
});
const chosen = (annotations: Readonly<Record<string, string>>, target: VerifyTarget) =>
  choose(listingApi([deployment(annotations)]), target, async () => 'demo');

describe('the choice of what is verified', () => {
  it('is the named workload, in the namespace of the context', async () => {
    expect(await chosen({ [ANNOTATION.injected]: RECORD }, { workload: 'my-rag' })).toMatchObject({
      workloads: [{ namespace: 'demo', name: 'my-rag', backend: 'both' }],
    });
  });

  it.each([
    [
      'its status',
      { [ANNOTATION.backend]: 'both', [ANNOTATION.status]: 'Blocked NoStack: there is none' },
      'Blocked NoStack: there is none',
    ],
    ['the annotation it lacks', {}, 'it has no duotel.io/backend annotation'],
    ['the status it lacks', { [ANNOTATION.backend]: 'both' }, 'the operator has not written duotel.io/status yet'],
    [
      'the record of another release',
      { [ANNOTATION.injected]: '{"version":9}', [ANNOTATION.status]: 'Injected both' },
      'its annotation duotel.io/injected is not one that this release can read',
    ],
  ])('is a failed check for a named workload that is not injected, with %s', async (_what, annotations, reason) => {
    expect(await chosen(annotations, { workload: 'deployment/my-rag' })).toMatchObject({
      failed: {
        step: 'workload',
        state: 'failed',
        found: `Deployment/demo/my-rag is not injected: ${reason}`,
        hint: expect.stringContaining('kubectl annotate -n demo deployment/my-rag duotel.io/backend=both'),
      },
    });
  });

  it('is a failed check where no workload at all is injected', async () => {
    expect(await chosen({}, {})).toMatchObject({ failed: { found: 'none in any namespace' } });
    expect(await chosen({}, { namespace: 'demo' })).toMatchObject({ failed: { found: 'none in namespace demo' } });
  });

  it('is an error for a name that no workload has, with those there are', async () => {
    await expect(chosen({}, { workload: 'sts/my-rag' })).rejects.toThrow(
      'namespace demo has no StatefulSet my-rag: it has deployment/my-rag; choose the namespace with -n',
    );
  });
});
