import { createHash } from 'node:crypto';
import type { Layer } from './layer.ts';
import type { TarEntry } from './tar.ts';

/** What a container gets from its image; the fields of the OCI image configuration. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Env?: readonly string[];
}

export interface BuiltImage {
  /** `registry/name:tag` */
  readonly reference: string;
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
}

/** Architecture names of Node and of OCI. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Entries of one `docker save` archive that holds all the images; a layer that several share is in it once.
 * `docker load`, `ctr image import`, `kind load image-archive` and `minikube image load` read it.
 */
export function archiveEntries(images: readonly BuiltImage[], arch: string = process.arch): readonly TarEntry[] {
  const entries: TarEntry[] = [];
  const manifest: { Config: string; RepoTags: string[]; Layers: string[] }[] = [];
  const written = new Set<string>();
  const add = (name: string, content: Extract<TarEntry, { type: 'file' }>['content']) => {
    if (written.has(name)) return;
    written.add(name);
    entries.push({ type: 'file', name, mode: 0o644, content });
  };
  for (const { reference, config, layers } of images) {
    const document = Buffer.from(
      JSON.stringify({
        architecture: ARCHITECTURES[arch] ?? arch,
        os: 'linux',
        config,
        rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => `sha256:${digest}`) },
      }),
    );
    const configName = `${createHash('sha256').update(document).digest('hex')}.json`;
    for (const { digest, path, size } of layers) add(`${digest}.tar`, { path, size });
    add(configName, document);
    manifest.push({ Config: configName, RepoTags: [reference], Layers: layers.map(({ digest }) => `${digest}.tar`) });
  }
  add('manifest.json', Buffer.from(JSON.stringify(manifest)));
  return entries;
}
