import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { podTemplate } from '../../src/inject/workload/pod-template.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { APP, type App, deployment } from '../support/gitops/app.ts';
import { DELIVERIES } from '../support/gitops/deliveries.ts';
import { eventually } from '../support/time/eventually.ts';

/** An app beside a proxy which alone mounts the pod's only volume: the change that a mount of ours in the app would make fail. */
const WITH_PROXY: App = {
  containers: [APP, { name: 'proxy', image: 'example/proxy:1', volumeMounts: [{ name: 'creds', mountPath: '/creds' }] }],
  volumes: [{ name: 'creds', emptyDir: {} }],
};
const ALONE: App = { containers: [APP] };

const cluster = useInstallation();

const statusOf = async (namespace: string): Promise<string> =>
  (await getObject<KubeObject>(cluster, 'deployment/shop', namespace))?.metadata.annotations?.['duotel.io/status'] ?? '';

describe('the last volume goes with the sidecar that used it', () => {
  it.each(DELIVERIES.filter(({ how }) => how === 'merges'))(
    'when $title delivers it, and the operator mounts its files after that',
    async ({ id, apply }) => {
      const namespace = `last-volume-${id}`;
      await must(cluster, ['create', 'namespace', namespace]);
      const annotations = { 'duotel.io/backend': 'both', 'duotel.io/containers': 'app' };
      const deliver = (app: App) => apply({ cluster, namespace }, [deployment('shop', namespace, { ...app, annotations })]);
      await deliver(WITH_PROXY);
      await eventually('the variables', async () => (await statusOf(namespace)).startsWith('Injected both; PricesLeftOut'));
      await deliver(ALONE);
      await eventually('the price list', async () => (await statusOf(namespace)) === 'Injected both');
      const shop = await getObject<KubeObject>(cluster, 'deployment/shop', namespace);
      const { containers, volumes = [] } = (shop && podTemplate(shop))?.spec ?? { containers: [] };
      expect([containers.map(({ name }) => name), volumes.map(({ name }) => name)]).toEqual([['app'], ['duotel-pricing']]);
    },
  );

  it.each(DELIVERIES.filter(({ how }) => how === 'merges'))(
    'when $title delivers it, and the sidecar was what nobody could choose beside',
    async ({ id, apply }) => {
      const namespace = `no-choice-${id}`;
      await must(cluster, ['create', 'namespace', namespace]);
      const annotations = { 'duotel.io/backend': 'both' };
      const deliver = (app: App) => apply({ cluster, namespace }, [deployment('shop', namespace, { ...app, annotations })]);
      await deliver(ALONE);
      await eventually('the price list', async () => (await statusOf(namespace)) === 'Injected both');
      await deliver(WITH_PROXY);
      await eventually('the reason', async () => (await statusOf(namespace)).startsWith('Blocked AmbiguousContainer'));
      await deliver(ALONE);
      await eventually('the price list again', async () => (await statusOf(namespace)) === 'Injected both');
    },
  );

  it('and where a bootstrap is asked for, nothing is injected before', async () => {
    const namespace = 'last-volume-bootstrap';
    await must(cluster, ['create', 'namespace', namespace]);
    const annotations = { 'duotel.io/backend': 'both', 'duotel.io/bootstrap': 'python', 'duotel.io/containers': 'app' };
    const object = deployment('shop', namespace, { ...WITH_PROXY, annotations });
    await must(cluster, ['apply', '-f', '-'], JSON.stringify(object));
    await eventually('the reason', async () => (await statusOf(namespace)).startsWith('Blocked VolumeListShared: container app'));
  });
});
