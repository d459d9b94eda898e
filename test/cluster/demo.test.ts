import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { DEMO_LABEL } from '../../tools/demo/manifests.ts';
import { checkEmpty } from '../../tools/demo/own-cluster.ts';

describe("the demo on a cluster of the user's", () => {
  let cluster: ControlPlane;
  const check = () => checkEmpty({ kubeconfig: cluster.kubeconfig }, 'demo');

  beforeAll(async () => {
    cluster = await startControlPlane({ audit: false });
  }, 30 * 60_000);

  afterAll(async () => {
    await cluster?.stop();
  });

  it('starts where there is neither Duotel nor a namespace of its name', async () => {
    await expect(check()).resolves.toBeUndefined();
  });

  it('does not start where Duotel is installed: it would take it away at its end', async () => {
    await cluster.kubectl(['create', 'namespace', 'duotel']);
    await expect(check()).rejects.toThrow('Namespace/duotel exists: Duotel is installed already');
  });

  it("does not start where the namespace demo is somebody else's", async () => {
    await cluster.kubectl(['create', 'namespace', 'demo']);
    await expect(check()).rejects.toThrow("Namespace/demo exists and is not the demo's");
  });

  it('starts where an earlier demo has left both', async () => {
    await cluster.kubectl(['label', 'namespace/demo', `${DEMO_LABEL}=true`]);
    await expect(check()).resolves.toBeUndefined();
  });
});
