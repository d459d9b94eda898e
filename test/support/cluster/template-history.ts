import type { KubeObject } from '../../../api/kube-object.ts';
import { valueAt } from '../../../api/value-at.ts';
import { workloadKind } from '../../../src/inject/workload/kinds.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';
import { objectKey } from '../../../src/kube/object-key.ts';

interface Seen {
  object: KubeObject;
  template: string;
  rollouts: number;
}

/**
 * Every version of the workloads of one kind, by a watch: a poll would miss the ones in between. A rollout is a change of the template,
 * whoever made it; the creation is none.
 */
export class TemplateHistory {
  readonly #seen = new Map<string, Seen>();
  readonly #changed = new Map<string, number>();
  readonly #stop = new AbortController();
  #failure: unknown;

  static async start(api: KubeApi, apiVersion = 'apps/v1', kind = 'Deployment'): Promise<TemplateHistory> {
    const history = new TemplateHistory();
    const type = await api.resourceType(apiVersion, kind);
    const { items, resourceVersion } = await api.list(type);
    for (const object of items) history.#take(object);
    const watching = async (): Promise<void> => {
      const query = { resourceVersion, timeoutSeconds: 3600 };
      for await (const event of api.watch(type, { query, signal: history.#stop.signal })) {
        if (event.type === 'ERROR') throw new Error(JSON.stringify(event.object));
        if (event.type === 'DELETED') history.#forget(event.object);
        else if (event.type !== 'BOOKMARK') history.#take({ ...event.object, apiVersion, kind });
      }
    };
    watching().catch((error) => {
      if (!history.#stop.signal.aborted) history.#failure = error;
    });
    return history;
  }

  /** Last version; undefined when it is not there. */
  get(namespace: string, name: string): KubeObject | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#seen.get(objectKey({ namespace, name }))?.object;
  }

  rollouts(namespace: string, name: string): number {
    return this.#seen.get(objectKey({ namespace, name }))?.rollouts ?? 0;
  }

  /** Milliseconds since anything of a namespace has changed. */
  quietFor(namespace: string): number {
    return performance.now() - (this.#changed.get(namespace) ?? 0);
  }

  stop(): void {
    this.#stop.abort();
  }

  #take(object: KubeObject): void {
    const key = objectKey(object.metadata);
    const template = JSON.stringify(valueAt(object, workloadKind(object)?.templatePath ?? []));
    const before = this.#seen.get(key);
    const isSame = before?.object.metadata.uid === object.metadata.uid;
    const rollouts = isSame ? (before?.rollouts ?? 0) + (before?.template === template ? 0 : 1) : 0;
    this.#seen.set(key, { object, template, rollouts });
    this.#changed.set(object.metadata.namespace ?? '', performance.now());
  }

  #forget(object: KubeObject): void {
    this.#seen.delete(objectKey(object.metadata));
    this.#changed.set(object.metadata.namespace ?? '', performance.now());
  }
}
