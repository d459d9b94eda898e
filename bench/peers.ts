import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubeObject } from '../api/kube-object.ts';
import { binary } from '../tools/build/binary.ts';
import { type Cost, timedCommand } from './timed.ts';

/** A program that puts a set of objects into a namespace. */
export interface Peer {
  readonly id: 'kubectl-client' | 'kubectl-server' | 'helm4';
  /** Beginning of its user agent, by which its requests are found in the audit log. */
  readonly userAgent: string;
  /** `first`: nothing is there yet. */
  apply(namespace: string, objects: readonly KubeObject[], first: boolean): Promise<Cost>;
}

/** kubectl both ways and Helm 4, each with its start and with what it has cached of discovery. */
export async function peers(kubeconfig: string, folder: string): Promise<readonly Peer[]> {
  const [kubectl, helm] = [await binary('kubectl'), await binary('helm4')];
  const env = {
    KUBECONFIG: kubeconfig,
    HOME: folder,
    HELM_CACHE_HOME: join(folder, 'helm/cache'),
    HELM_CONFIG_HOME: join(folder, 'helm/config'),
    HELM_DATA_HOME: join(folder, 'helm/data'),
  };
  const withKubectl = (id: Peer['id'], flags: readonly string[]): Peer => ({
    id,
    userAgent: 'kubectl',
    apply: (namespace, objects) => {
      const file = join(folder, `${id}-${namespace}.yaml`);
      writeFileSync(file, objects.map((object) => stringify(object)).join('---\n'));
      return timedCommand(kubectl, ['apply', ...flags, '-f', file], env);
    },
  });
  const helm4: Peer = {
    id: 'helm4',
    userAgent: 'Helm',
    apply: (namespace, objects, first) => {
      const chart = writeChart(join(folder, `chart-${namespace}`), objects);
      return timedCommand(helm, [first ? 'install' : 'upgrade', 'set', chart, '--namespace', namespace], env);
    },
  };
  return [withKubectl('kubectl-client', []), withKubectl('kubectl-server', ['--server-side']), helm4];
}

/** A chart of the objects as they are: as a file that one template reads, since their text holds Go templates of others. */
function writeChart(folder: string, objects: readonly KubeObject[]): string {
  mkdirSync(join(folder, 'templates'), { recursive: true });
  writeFileSync(join(folder, 'Chart.yaml'), 'apiVersion: v2\nname: set\nversion: 1.0.0\n');
  writeFileSync(join(folder, 'objects.yaml'), objects.map((object) => stringify(object)).join('---\n'));
  writeFileSync(join(folder, 'templates/objects.yaml'), '{{ .Files.Get "objects.yaml" }}\n');
  return folder;
}
