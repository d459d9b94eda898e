import { describe, type KubeObject } from '../../api/kube-object.ts';
import { documentsOf, type InjectedManifests } from './inject-manifests.ts';
import { type ManifestText, parseStream } from './stream.ts';

/** The file that is to hold the ConfigMaps, and where it stands among the inputs; undefined: it is none of them. */
export interface NeedsPlace {
  readonly file: ManifestText;
  readonly input: number | undefined;
}

/**
 * The files, with the needed ConfigMaps that are missing appended to one of them. That file keeps everything it has: others may need it.
 * @throws ManifestError when the file is not YAML.
 */
export function placeNeeds(
  { files, needs }: Pick<InjectedManifests, 'files' | 'needs'>,
  { file, input }: NeedsPlace,
  namespace = '',
): InjectedManifests['files'] {
  if (input !== undefined) {
    return files.map((one, index) => (index === input ? { ...one, after: append(one.after, needs) } : one));
  }
  const present = new Set(parseStream(file).objects.map(({ value }) => key(value as unknown as KubeObject, namespace)));
  const missing = needs.filter((need) => !present.has(key(need, namespace)));
  return [...files, { name: file.name, before: file.text, after: append(file.text, missing) }];
}

/** The name holds the hash of the content. If the file has a ConfigMap of that name, it is the right one. */
function key({ kind, metadata }: KubeObject, namespace: string): string {
  return describe({ kind, metadata: { name: metadata?.name ?? '', namespace: metadata?.namespace ?? namespace } });
}

function append(text: string, objects: readonly KubeObject[]): string {
  if (objects.length === 0) return text;
  const lineEnd = text.includes('\r\n') ? '\r\n' : '\n';
  const documents = documentsOf(objects).replaceAll('\n', lineEnd);
  return text === '' || text.endsWith('\n') ? text + documents : text + lineEnd + documents;
}
