import { readFileSync } from 'node:fs';
import { parseAllDocuments, stringify } from 'yaml';
import type { KubeObject } from '../../api/kube-object.ts';

/** Label of what the demo itself has made on a cluster of the user's, so that it takes away nothing else. */
export const DEMO_LABEL = 'duotel.io/demo';

/** The objects of an example's deployment.yaml in a namespace, with another image. */
export function exampleObjects(example: 'rag-python' | 'fake-openai', namespace: string, image: string): readonly KubeObject[] {
  const text = readFileSync(new URL(`../../examples/${example}/deployment.yaml`, import.meta.url), 'utf8');
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
  return objects.map((object) => {
    const placed = { ...object, metadata: { ...object.metadata, namespace } };
    return object.kind === 'Deployment' ? withImage(placed, image) : placed;
  });
}

function withImage(deployment: KubeObject, image: string): KubeObject {
  const copy = structuredClone(deployment) as KubeObject & {
    spec: { template: { spec: { containers: { image: string }[] } } };
  };
  for (const container of copy.spec.template.spec.containers) container.image = image;
  return copy;
}

/** examples/rag-python under another name; `program` is the file that it runs, self_setup.py where it sets its telemetry up itself. */
export function ragPythonObjects(
  namespace: string,
  image: string,
  { name, program }: { readonly name: string; readonly program: 'app.py' | 'self_setup.py' },
): readonly KubeObject[] {
  const text = JSON.stringify(exampleObjects('rag-python', namespace, image)).replaceAll('"my-rag"', JSON.stringify(name));
  const objects = JSON.parse(text) as (KubeObject & { spec: { template?: { spec: { containers: { args?: string[] }[] } } } })[];
  for (const container of objects.flatMap(({ spec }) => spec.template?.spec.containers ?? [])) container.args = [program];
  return objects;
}

/** A namespace that admits only pods of the restricted Pod Security Standard. */
export function restrictedNamespace(name: string): KubeObject {
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted', [DEMO_LABEL]: 'true' };
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } };
}

/** Several objects as one YAML stream. */
export function yamlStream(objects: readonly KubeObject[]): string {
  return objects.map((object) => stringify(object)).join('---\n');
}
