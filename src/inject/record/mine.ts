import { type EnvContent, holds } from '../workload/env-content.ts';
import type { Ownership } from '../workload/ownership.ts';
import type { PodSpec } from '../workload/pod-template.ts';
import type { ContainerRecord, InjectionRecord } from './record.ts';

/** The parts of the template that we may change or remove: recorded, still as we set them, and owned by nobody. */
export type Mine = Pick<InjectionRecord, 'containers' | 'volumes'>;

export const NOTHING: Mine = { containers: {}, volumes: {} };

/** What a record says of a container; a container may be called `constructor`. */
export function containerRecord({ containers }: Mine, name: string): ContainerRecord | undefined {
  return Object.hasOwn(containers, name) ? containers[name] : undefined;
}

export function mineOf(record: Mine, pod: PodSpec, owned: Ownership): Mine {
  const containers: Record<string, ContainerRecord> = {};
  for (const { name, env = [], volumeMounts = [] } of pod.containers) {
    const recorded = containerRecord(record, name);
    if (recorded === undefined) continue;
    const isOurs = (variable: string, content: EnvContent) => {
      const items = env.filter((item) => item.name === variable);
      return items.length > 0 && items.every((item) => holds(item, content)) && !owned.env(name, variable);
    };
    const isMounted = (mountPath: string, volume: string) =>
      volumeMounts.some((mount) => mount.mountPath === mountPath && mount.name === volume) && !owned.mount(name, mountPath);
    containers[name] = { env: pick(recorded.env, isOurs), mounts: pick(recorded.mounts, isMounted) };
  }
  const isVolume = (name: string, configMap: string) =>
    (pod.volumes ?? []).some((volume) => volume.name === name && volume.configMap?.name === configMap) && !owned.volume(name);
  return { containers, volumes: pick(record.volumes, isVolume) };
}

function pick<T>(entries: Readonly<Record<string, T>>, keep: (key: string, value: T) => boolean): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(entries).filter(([key, value]) => keep(key, value)));
}
