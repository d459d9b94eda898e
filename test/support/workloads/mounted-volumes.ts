import { existsSync, mkdirSync, mkdtempSync, readlinkSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Texts by the name of the object and its key. */
export type Files = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The objects of the pod's namespace. Volumes of a kind that is left out are not laid out. */
export interface VolumeSources {
  readonly secrets?: Files;
  readonly configMaps?: Files;
}

interface Items {
  readonly items?: readonly { readonly key: string; readonly path: string }[];
}
interface Volume {
  readonly name: string;
  readonly secret?: Items & { readonly secretName: string };
  readonly configMap?: Items & { readonly name: string };
  readonly projected?: { readonly sources: readonly { readonly secret?: Items & { readonly name: string } }[] };
}
export interface PodWithVolumes {
  readonly containers: readonly { readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[] }[];
  readonly volumes?: readonly Volume[];
}

/**
 * Writes below `root` what the pod's first container mounts of Secrets and ConfigMaps, and returns the mount paths. Called again, it renews
 * the files.
 * @throws Error where an object or a key is missing: the pod would not start.
 */
export function mountVolumes(pod: PodWithVolumes, root: string, sources: VolumeSources): readonly string[] {
  return (pod.containers[0]?.volumeMounts ?? []).flatMap(({ name, mountPath }) => {
    const volume = pod.volumes?.find((one) => one.name === name);
    const files = volume === undefined ? [] : volumeFiles(volume, sources);
    if (files.length === 0) return [];
    writeVolume(join(root, mountPath), files);
    return [mountPath];
  });
}

/**
 * As the kubelet does it: the files in a folder of their own, `..data` that names it and is replaced in one step, and a link through
 * `..data` to each top entry.
 */
function writeVolume(folder: string, files: readonly (readonly [string, string])[]): void {
  mkdirSync(folder, { recursive: true });
  const content = mkdtempSync(`${folder}/..`);
  for (const [path, text] of files) {
    mkdirSync(dirname(join(content, path)), { recursive: true });
    writeFileSync(join(content, path), text, { mode: 0o444 });
  }
  const data = join(folder, '..data');
  const former = existsSync(data) ? readlinkSync(data) : undefined;
  symlinkSync(basename(content), `${data}_tmp`);
  renameSync(`${data}_tmp`, data);
  if (former !== undefined) rmSync(join(folder, former), { recursive: true });
  for (const top of new Set(files.map(([path]) => path.split('/', 1)[0] ?? path)))
    if (!existsSync(join(folder, top))) symlinkSync(`..data/${top}`, join(folder, top));
}

/** The configuration with the mount paths in it moved below `root`. */
export function movedPaths(text: string, mountPaths: readonly string[], root: string): string {
  return mountPaths.reduce((moved, path) => moved.replaceAll(`${path}/`, `${join(root, path)}/`), text);
}

function volumeFiles(
  { secret, configMap, projected }: Volume,
  { secrets, configMaps }: VolumeSources,
): readonly (readonly [string, string])[] {
  return [
    ...(secret === undefined || secrets === undefined ? [] : keys('Secret', secret.secretName, secret, secrets)),
    ...(configMap === undefined || configMaps === undefined ? [] : keys('ConfigMap', configMap.name, configMap, configMaps)),
    ...(secrets === undefined ? [] : (projected?.sources ?? [])).flatMap(({ secret: one }) =>
      one === undefined ? [] : keys('Secret', one.name, one, secrets ?? {}),
    ),
  ];
}

function keys(kind: string, name: string, { items }: Items, objects: Files): readonly (readonly [string, string])[] {
  const data = objects[name];
  if (data === undefined) throw new Error(`the pod would not start: there is no ${kind} ${name}`);
  if (items === undefined) return Object.entries(data);
  return items.map(({ key, path }) => {
    const text = data[key];
    if (text === undefined) throw new Error(`the pod would not start: ${kind} ${name} has no key ${key}`);
    return [path, text] as const;
  });
}
