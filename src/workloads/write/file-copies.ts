import type { KubeObject } from '../../../api/kube-object.ts';
import { FIELD_MANAGER } from '../../../api/names.ts';
import type { ClusterCache } from '../../controller/cluster-cache.ts';
import { FILES_LABEL } from '../../inject/change/config-map.ts';
import type { KubeApi } from '../../kube/kube-api.ts';
import { objectKey } from '../../kube/object-key.ts';

/** The files that one workload names, by its record and in its pod template. */
interface Mounting {
  readonly recordedFiles: readonly string[];
  readonly mountedFiles: readonly string[];
}

/** The ConfigMaps that injected pods mount, in the namespaces of their workloads. */
export class FileCopies {
  readonly #api: KubeApi;
  readonly #cache: ClusterCache;
  /** By workload: the files that a write under way will name. */
  readonly #promised = new Map<string, readonly string[]>();
  /** `Kind/namespace/name` of workloads for which a write may have left files that nothing names any more, until these are collected. */
  readonly #owing = new Set<string>();

  constructor(api: KubeApi, cache: ClusterCache) {
    this.#api = api;
    this.#cache = cache;
  }

  /** Whether there may be files for this workload that it no longer names, or never named. */
  owes(workload: string): boolean {
    return this.#owing.has(workload);
  }

  /** Call it before a write that may change what the workload names: the answer may be lost. */
  owe(workload: string): void {
    this.#owing.add(workload);
  }

  /** Call it when the workload is gone. The pass over all files of its namespace then collects what it has left. */
  forget(workload: string): void {
    this.#owing.delete(workload);
  }

  /** Creates the missing files and keeps them while `use` runs. Files never change, so one that exists is right. */
  async during<T>(workload: string, needs: readonly KubeObject[], use: () => Promise<T>): Promise<T> {
    this.#promised.set(
      workload,
      needs.map((object) => objectKey(object.metadata)),
    );
    try {
      for (const object of needs) {
        if (this.#cache.get('ConfigMap', object.metadata) !== undefined) continue;
        const type = await this.#api.resourceType('v1', 'ConfigMap');
        const query = { fieldManager: FIELD_MANAGER, force: true };
        this.#cache.remember(await this.#api.patch(type, object.metadata, 'application/apply-patch+yaml', object, query));
      }
      return await use();
    } catch (error) {
      if (needs.length > 0) this.#owing.add(workload);
      throw error;
    } finally {
      this.#promised.delete(workload);
    }
  }

  /**
   * Deletes the files of a namespace that none of its workloads names, by its record or by a write under way. A pod that still mounts one
   * keeps it: the kubelet never looks at an immutable ConfigMap again. A pod that starts later starts without it: the mounts are optional.
   * @param workload the workload whose turn it is; it has left nothing afterwards. Another one may not have seen the answer to its write
   * yet.
   * @param workloads gives the workloads of the namespace, before each deletion: another one may need the file by then.
   */
  async collect(namespace: string, workload: string, workloads: () => readonly Mounting[]): Promise<void> {
    const isUsed = (key: string): boolean =>
      [...this.#promised.values()].some((keys) => keys.includes(key)) ||
      workloads().some(({ recordedFiles, mountedFiles }) => recordedFiles.includes(key) || mountedFiles.includes(key));
    const type = await this.#api.resourceType('v1', 'ConfigMap');
    for (const { metadata } of this.#cache.values('ConfigMap')) {
      if (metadata.namespace !== namespace || metadata.labels?.[FILES_LABEL] === undefined || isUsed(objectKey(metadata))) continue;
      await this.#api.delete(type, metadata, metadata.uid === undefined ? {} : { uid: metadata.uid });
    }
    this.#owing.delete(workload);
  }
}
