/**
 * A process of the embedded cluster: gives claims of the StorageClass `duotel-local` a folder on this machine's disk and removes it with
 * the claim. Usage: `node provisioner.ts STATE_FOLDER SERVER`. The contract is that of Kubernetes' external provisioners: it acts on claims
 * that the scheduler has given a node (`volume.kubernetes.io/selected-node`), and on volumes that are Released.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROVISIONER, STORAGE_CLASS } from './storage-class.ts';

interface Metadata {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface Claim {
  readonly metadata: Metadata;
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly accessModes?: readonly string[];
    readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  };
}

export interface Volume {
  readonly metadata: Metadata;
  readonly spec: { readonly storageClassName?: string };
  readonly status?: { readonly phase?: string };
}

/** What to do about the claims and volumes there are: volumes to create, by claim, and volumes whose folder goes. Pure. */
export function plan(
  claims: readonly Claim[],
  volumes: readonly Volume[],
): { readonly create: readonly Claim[]; readonly remove: readonly Volume[] } {
  const names = new Set(volumes.map(({ metadata }) => metadata.name));
  return {
    create: claims.filter(
      (claim) =>
        claim.spec.storageClassName === STORAGE_CLASS &&
        (claim.spec.volumeName ?? '') === '' &&
        claim.metadata.annotations?.['volume.kubernetes.io/selected-node'] !== undefined &&
        !names.has(volumeName(claim)),
    ),
    remove: volumes.filter(({ spec, status }) => spec.storageClassName === STORAGE_CLASS && status?.phase === 'Released'),
  };
}

/** The claim's uid makes the name unique and the same after a restart. */
export function volumeName(claim: Claim): string {
  return `pvc-${claim.metadata.uid ?? ''}`;
}

/**
 * The PersistentVolume for a claim. Kind `local`, not `hostPath`: the kubelet then applies the pod's fsGroup as it does for a cloud disk,
 * and a pod that forgot it cannot write, as on a cloud.
 */
export function volumeFor(claim: Claim, path: string): object {
  const { name, namespace, uid, annotations } = claim.metadata;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName(claim), annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER } },
    spec: {
      storageClassName: STORAGE_CLASS,
      capacity: { storage: claim.spec.resources?.requests?.['storage'] ?? '1Gi' },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      persistentVolumeReclaimPolicy: 'Delete',
      local: { path },
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                { key: 'kubernetes.io/hostname', operator: 'In', values: [annotations?.['volume.kubernetes.io/selected-node']] },
              ],
            },
          ],
        },
      },
    },
  };
}

async function main(folder: string, server: string): Promise<never> {
  const pki = (name: string) => readFileSync(join(folder, 'pki', name));
  const agent = new Agent({ keepAlive: true, ca: pki('ca.crt'), cert: pki('provisioner.crt'), key: pki('provisioner.key') });
  const call = (method: string, path: string, body?: object) =>
    new Promise<string>((resolve, reject) => {
      const outgoing = request(
        `${server}${path}`,
        { method, agent, timeout: 5_000, headers: { 'Content-Type': 'application/json' } },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
          });
          response.on('end', () =>
            (response.statusCode ?? 500) < 300
              ? resolve(text)
              : reject(new Error(`${method} ${path}: ${response.statusCode} ${text.slice(0, 300)}`)),
          );
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`${method} ${path}: no answer within 5 s`)));
      outgoing.on('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const list = async <Item>(path: string) => (JSON.parse(await call('GET', path)) as { readonly items: readonly Item[] }).items;
  for (;;) {
    try {
      const { create, remove } = plan(await list<Claim>('/api/v1/persistentvolumeclaims'), await list<Volume>('/api/v1/persistentvolumes'));
      for (const claim of create) {
        const path = join(folder, 'volumes', volumeName(claim));
        mkdirSync(path, { recursive: true });
        await call('POST', '/api/v1/persistentvolumes', volumeFor(claim, path));
        console.log('created', volumeName(claim), `${claim.metadata.namespace}/${claim.metadata.name}`);
      }
      for (const { metadata } of remove) {
        rmSync(join(folder, 'volumes', metadata.name), { recursive: true, force: true });
        await call('DELETE', `/api/v1/persistentvolumes/${metadata.name}`);
        console.log('removed', metadata.name);
      }
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
    }
    await sleep(1_000);
  }
}

if (import.meta.main) await main(process.argv[2] ?? '', process.argv[3] ?? '');
