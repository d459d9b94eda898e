import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { archiveEntries, type BuiltImage } from '../images/archive.ts';
import { tar } from '../images/tar.ts';
import { step } from '../lib/progress.ts';
import { runOk } from '../lib/run.ts';
import { containerdSocket } from './node-files.ts';

/** Hands the images to the cluster's containerd, those that it does not have yet in this form. Returns the references that were loaded. */
export async function loadImages(folder: string, ctr: string, images: readonly BuiltImage[]): Promise<readonly string[]> {
  const recordPath = join(folder, 'images.json');
  const loaded: Record<string, string> = existsSync(recordPath) ? JSON.parse(readFileSync(recordPath, 'utf8')) : {};
  const wanted = images.filter((image) => loaded[image.reference] !== imageKey(image));
  if (wanted.length === 0) return [];
  const names = wanted.map(({ reference }) => reference);
  // Two at a time for two cores; images that share layers stay in one archive.
  const groups = [wanted.filter(({ layers }) => layers.length > 1), wanted.filter(({ layers }) => layers.length === 1)];
  await step(`loading ${names.length} images`, () => Promise.all(groups.map((group) => importArchive(folder, ctr, group))));
  for (const image of wanted) loaded[image.reference] = imageKey(image);
  writeFileSync(recordPath, `${JSON.stringify(loaded, null, 2)}\n`);
  return names;
}

async function importArchive(folder: string, ctr: string, images: readonly BuiltImage[]): Promise<void> {
  if (images.length === 0) return;
  // The label keeps the kubelet's garbage collection off images that no registry could bring back.
  const args = ['--namespace', 'k8s.io', 'images', 'import', '--label', 'io.cri-containerd.pinned=pinned', '-'];
  await runOk(ctr, ['--address', containerdSocket(folder), ...args], {
    input: Readable.from(tar(archiveEntries(images))),
    timeoutMs: 300_000,
  });
}

function imageKey({ config, layers }: BuiltImage): string {
  return createHash('sha256')
    .update(JSON.stringify([config, ...layers.map(({ digest }) => digest)]))
    .digest('hex');
}
