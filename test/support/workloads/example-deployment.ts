import type { KubeObject } from '../../../api/kube-object.ts';

export type Containers = readonly Readonly<Record<string, unknown>>[];

let serial = 0;

/** A Deployment of its own name in the namespace shop, as its owner writes it; `containers` without a name and image get them. */
export function exampleDeployment(containers: Containers = [{}], annotations: Readonly<Record<string, string>> = {}): KubeObject {
  serial += 1;
  const name = `app-${serial}`;
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop', annotations },
    spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: whole(containers) } } },
  };
}

/** The Deployment with other containers: what its owner applies next. */
export function withContainers(object: KubeObject, containers: Containers): KubeObject {
  const { name, namespace = '', annotations = {} } = object.metadata;
  const spec = object['spec'] as { template: { metadata: unknown } };
  const template = { metadata: spec.template.metadata, spec: { containers: whole(containers) } };
  return { apiVersion: object.apiVersion, kind: object.kind, metadata: { name, namespace, annotations }, spec: { ...spec, template } };
}

function whole(containers: Containers): Containers {
  return containers.map((container) => ({ name: 'app', image: 'example/app:1', ...container }));
}
