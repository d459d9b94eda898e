import { describe, expect, it } from '@jest/globals';
import { ANNOTATION } from '../../../../api/annotations.ts';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { DEMO_LABEL } from '../../../../tools/demo/manifests.ts';
import { checkEmptyOn } from '../../../../tools/demo/own-cluster.ts';
import { ToolError } from '../../../../tools/lib/tool-error.ts';
import { listingApi } from '../../../support/fake-api/listing-api.ts';

const namespace = (name: string, labels: Readonly<Record<string, string>> = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});
const injectedIn = (where: string, kind = 'Deployment'): KubeObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'shop', namespace: where, annotations: { [ANNOTATION.injected]: '{}' } },
});
const LEFT = [namespace('duotel'), namespace('demo', { [DEMO_LABEL]: 'true' }), injectedIn('demo')];

async function refusal(...objects: readonly KubeObject[]): Promise<ToolError | undefined> {
  try {
    await checkEmptyOn(listingApi(objects), 'demo');
    return undefined;
  } catch (error) {
    if (error instanceof ToolError) return error;
    throw error;
  }
}

describe("the demo on the user's cluster", () => {
  it('starts on an empty one, and on what an earlier demo left', async () => {
    expect(await refusal()).toBeUndefined();
    expect(await refusal(...LEFT)).toBeUndefined();
  });

  it.each(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'])(
    "does not start where a %s of the user's is injected, even beside an earlier demo",
    async (kind) => {
      const error = await refusal(...LEFT, injectedIn('prod', kind));
      expect(error?.message).toContain(`${kind}/prod/shop: injected by Duotel`);
      expect(error?.hint).toContain('npx duotel uninstall --revert');
    },
  );

  it('does not start where Duotel is installed, and says how to remove it without loss', async () => {
    const error = await refusal(namespace('duotel'));
    expect(error?.message).toContain('Namespace/duotel exists: Duotel is installed already');
    expect(error?.hint).toContain('npx duotel uninstall --revert');
    expect(error?.hint).not.toContain('kubectl delete');
  });
});
