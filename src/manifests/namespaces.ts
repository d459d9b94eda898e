import { type Fields, isFields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import type { ManifestStream } from './stream.ts';

/** The Namespace objects of manifests, by name: their annotations are the defaults of their workloads. */
export function namespacesOf(streams: readonly ManifestStream[]): ReadonlyMap<string, KubeObject> {
  const values = streams.flatMap(({ objects }) => objects.map(({ value }) => value));
  const own = values.filter((value) => value['kind'] === 'Namespace' && value['apiVersion'] === 'v1' && nameOf(value) !== '');
  return new Map(own.map((value) => [nameOf(value), namespaceObject(value)] as const));
}

/** A Namespace of which nothing is known but its name. */
export function emptyNamespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}

function nameOf(value: Fields): string {
  const metadata = value['metadata'];
  return isFields(metadata) && typeof metadata['name'] === 'string' ? metadata['name'] : '';
}

function namespaceObject(value: Fields): KubeObject {
  const annotations = (value['metadata'] as Fields)['annotations'];
  const texts = Object.entries(isFields(annotations) ? annotations : {}).map(([key, text]) => [key, String(text)] as const);
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: nameOf(value), annotations: Object.fromEntries(texts) } };
}
