import type { KubeObject } from '../../../api/kube-object.ts';
import {
  type KubeApi,
  KubeApiError,
  type ListOptions,
  type ResourceType,
  type WatchEvent,
  type WatchOptions,
} from '../../../src/kube/kube-api.ts';
import { Reflector, type ReflectorOptions, type StoreChange } from '../../../src/kube/watch/reflector.ts';
import { VirtualClock } from '../time/virtual-clock.ts';

const TYPE: ResourceType = { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
export const item = (name: string, resourceVersion: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'n', resourceVersion },
});
export const event = (type: WatchEvent['type'], name: string, version: string): WatchEvent => ({ type, object: item(name, version) });
export const inStream = (code: number): WatchEvent => ({ type: 'ERROR', object: { code } as unknown as KubeObject });
export const failure = (status: number): KubeApiError => new KubeApiError('x', { status, reason: 'x', message: 'x', causes: [] });

export type Step =
  | { readonly list: readonly (readonly KubeObject[] | KubeApiError)[]; readonly version?: string }
  /** `open`: the stream stays open after its events, and says nothing more. */
  | { readonly watch: readonly (WatchEvent | Error)[]; readonly open?: boolean };
export const list = (...items: readonly KubeObject[]): Step => ({ list: [items] });

/**
 * A reflector and an API server that answers from a script: faults in this order cannot be had from a real one. Time goes on only by
 * `clock`. Ends when the script is over.
 */
export function start(
  script: readonly Step[],
  extra: Partial<ReflectorOptions> & { readonly meanwhile?: (reflector: Reflector) => void } = {},
) {
  const { meanwhile = () => undefined, ...options } = extra;
  const left = [...script];
  const stop = new AbortController();
  const clock = new VirtualClock();
  const requests: { readonly verb: 'list' | 'watch'; readonly from: unknown; readonly match: unknown; readonly at: number }[] = [];
  const changes: StoreChange[] = [];
  const troubles: unknown[] = [];
  const take = (verb: 'list' | 'watch', query: ListOptions['query']): Step => {
    requests.push({ verb, from: query?.['resourceVersion'], match: query?.['resourceVersionMatch'], at: clock.now() });
    const step = left.shift();
    if (step === undefined) stop.abort();
    if (step === undefined || !(verb in step)) throw failure(0);
    return step;
  };
  const api = {
    async *pages(_type: ResourceType, { query }: ListOptions) {
      const step = take('list', query);
      if (!('list' in step)) throw failure(0);
      for (const page of step.list) {
        if (page instanceof KubeApiError) throw page;
        yield { items: page, resourceVersion: step.version ?? '100' };
      }
    },
    async *watch(_type: ResourceType, { query, signal, onOpen }: WatchOptions) {
      const step = take('watch', query);
      if (!('watch' in step)) throw failure(0);
      onOpen?.();
      for (const one of step.watch) {
        if (one instanceof Error) throw one;
        yield one;
        meanwhile(reflector);
      }
      if (step.open && !signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  } as unknown as KubeApi;
  const reflector = new Reflector({
    api,
    type: TYPE,
    clock,
    random: () => 0,
    onChange: (change) => changes.push(change),
    onTrouble: ({ error }) => troubles.push(error),
    ...options,
  });
  const running = reflector.run(stop.signal);
  const names = (): readonly string[] =>
    [...reflector.values()].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`).sort();
  return { reflector, running, stop, clock, requests, changes, troubles, names };
}

/** Lets the script run to its end. */
export async function play(script: readonly Step[], extra: Parameters<typeof start>[1] = {}) {
  const started = start(script, extra);
  await started.clock.advance(3_600_000);
  started.stop.abort();
  await started.running;
  const from = started.requests.filter(({ verb }) => verb === 'watch').map((request) => request.from);
  return { ...started, from, names: started.names() };
}
