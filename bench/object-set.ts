import type { KubeObject } from '../api/kube-object.ts';
import { resolveStackSpec } from '../api/telemetry-stack.ts';
import { synthStack } from '../charts/synth-stack.ts';

/** Objects of a set: about as many as a rendered stack and what an app brings. */
export const SET_SIZE = 40;

/**
 * A rendered stack, filled up to 40 objects with what apps bring along, about 130 kB. No pods come of it: the time of a controller
 * manager that makes them would be measured too.
 */
export function objectSet(namespace: string): readonly KubeObject[] {
  const stack = synthStack({ name: 'stack', namespace, spec: resolveStackSpec({}) }).map(withoutPods);
  if (stack.length >= SET_SIZE) return stack.slice(0, SET_SIZE);
  const fill = Array.from({ length: SET_SIZE - stack.length }, (_, index) => filler(namespace, index));
  return [...stack, ...fill];
}

/** The set with one field of one object changed; another value for each `step`. */
export function changedSet(objects: readonly KubeObject[], step: number): readonly KubeObject[] {
  const index = objects.findIndex(({ kind }) => kind === 'Service');
  return objects.map((object, at) => {
    if (at !== index) return object;
    const annotations = { ...object.metadata.annotations, 'bench/step': String(step) };
    return { ...object, metadata: { ...object.metadata, annotations } };
  });
}

function withoutPods(object: KubeObject): KubeObject {
  const spec = object['spec'] as { readonly replicas?: number } | undefined;
  return spec?.replicas === undefined ? object : { ...object, spec: { ...spec, replicas: 0 } };
}

function filler(namespace: string, index: number): KubeObject {
  const name = `app-${index}`;
  const metadata = { name, namespace, labels: { app: name } };
  const container = { name: 'app', image: 'registry.example/app:1', env: [{ name: 'LOG_LEVEL', value: 'info' }] };
  switch (index % 4) {
    case 0:
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: name } },
          template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
        },
      };
    case 1:
      return {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      };
    case 2:
      return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'app.conf': 'x'.repeat(4000) } };
    default:
      return { apiVersion: 'v1', kind: 'ServiceAccount', metadata, automountServiceAccountToken: false };
  }
}
