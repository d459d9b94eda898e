import { type ActiveBackend, BACKENDS, type Backend } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { bootstrapValues, NO_BOOTSTRAP } from '../../../api/runtimes/choice.ts';
import type { Runtime } from '../../../api/runtimes/runtime.ts';
import { containerVariables } from '../change/variables.ts';
import { type InjectionConfig, ourMountPaths } from '../wishes/config.ts';
import type { InjectionSettings } from '../wishes/settings.ts';
import { type EnvContent, holds } from '../workload/env-content.ts';
import type { Ownership } from '../workload/ownership.ts';
import type { PodSpec } from '../workload/pod-template.ts';
import { MARKER } from './marker.ts';
import type { Mine } from './mine.ts';
import type { ContainerRecord } from './record.ts';

/**
 * The record of a workload that has lost it, because somebody removed or edited the annotation. It names everything that equals what we
 * would set in any mode for any of the stacks, and that nobody owns. Containers without the marker are left out.
 */
export function recoverRecord(
  workload: KubeObject,
  pod: PodSpec,
  settings: InjectionSettings,
  stacks: readonly InjectionConfig[],
  owned: Ownership,
  runtimes: readonly Runtime[],
): Mine {
  const containers: Record<string, ContainerRecord> = {};
  const volumes: Record<string, string> = {};
  const paths = ourMountPaths(runtimes);
  for (const { name, env = [], volumeMounts = [] } of pod.containers) {
    const ours = (variable: string, content: EnvContent) =>
      env.some((item) => item.name === variable && holds(item, content)) && !owned.env(name, variable);
    if (!ours(MARKER.name, MARKER.content)) continue;
    const found: Record<string, EnvContent> = {};
    for (const config of stacks) {
      for (const candidate of candidates(settings, runtimes)) {
        for (const variable of containerVariables(workload, name, candidate, config)) {
          if (ours(variable.name, variable.content)) found[variable.name] = variable.content;
        }
      }
    }
    const mounts = volumeMounts.filter(
      (mount) => paths.includes(mount.mountPath) && mount.name.startsWith('duotel-') && !owned.mount(name, mount.mountPath),
    );
    containers[name] = { env: found, mounts: Object.fromEntries(mounts.map((mount) => [mount.mountPath, mount.name])) };
    for (const mount of mounts) {
      const configMap = (pod.volumes ?? []).find((volume) => volume.name === mount.name)?.configMap?.name;
      if (configMap?.startsWith(`${mount.name}-`) && !owned.volume(mount.name)) volumes[mount.name] = configMap;
    }
  }
  return { containers, volumes };
}

type Active = Extract<InjectionSettings, { kind: 'active' }>;

function candidates(settings: InjectionSettings, runtimes: readonly Runtime[]): readonly Active[] {
  const base: Active =
    settings.kind === 'active' ? settings : { kind: 'active', backend: 'both', bootstrap: NO_BOOTSTRAP, captureContent: false, notes: [] };
  const isActive = (backend: Backend): backend is ActiveBackend => backend !== 'none';
  return BACKENDS.filter(isActive).flatMap((backend) =>
    bootstrapValues(runtimes).flatMap((bootstrap) =>
      [false, true].map((captureContent) => ({ ...base, backend, bootstrap, captureContent })),
    ),
  );
}
