import { posix } from 'node:path';
import type { Runtime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';
import type { Note } from '../decision/outcome.ts';
import { containerRecord, type Mine, NOTHING } from '../record/mine.ts';
import type { ContainerRecord } from '../record/record.ts';
import { type Mount, ourVolumes } from '../wishes/config.ts';
import type { Container, PodSpec } from '../workload/pod-template.ts';
import { diffEnv, type EnvDiff, type Refusal } from './env-diff.ts';
import type { Variable } from './variables.ts';

/** What we want in a template. Empty: nothing. */
export interface DesiredTemplate {
  /** Variables by container. A container that is not here should have nothing of ours. */
  readonly containers: ReadonlyMap<string, readonly Variable[]>;
  /** Mounted read-only into each of these containers. */
  readonly mounts: readonly Mount[];
  /** `duotel inject -f` wrote the manifest. If a volume of ours has other content, it is of that release, and stays. Default false. */
  readonly byManifest?: boolean;
  /** Languages whose volumes are ours, whether they are desired or not. Default: those of this release. */
  readonly runtimes?: readonly Runtime[];
}

type Fields = Readonly<Record<string, unknown>>;

export interface TemplateDiff {
  readonly kind: 'diff';
  /** Strategic merge patch of the pod spec; undefined when it already is as desired. */
  readonly podSpec?: Fields;
  /** What the record is to say. */
  readonly record: Mine;
  readonly notes: readonly Note[];
}

const DELETE = { $patch: 'delete' } as const;

/** The one patch that brings a pod spec to the desired state: additions, changes and removals together. */
export function diffTemplate(pod: PodSpec, desired: DesiredTemplate, mine: Mine, recorded: Mine): TemplateDiff | Refusal {
  const notes: Note[] = [];
  const records: Record<string, ContainerRecord> = {};
  const patches: Fields[] = [];
  const remaining: string[] = [];
  const volumesOfOurs = ourVolumes(desired.runtimes ?? RUNTIMES);
  for (const container of pod.containers) {
    const variables = desired.containers.get(container.name);
    const ours = containerRecord(mine, container.name) ?? { env: {}, mounts: {} };
    const mounts = diffMounts(container, variables === undefined ? [] : desired.mounts, ours.mounts, volumesOfOurs);
    if (mounts.kind === 'refused') return mounts;
    remaining.push(...mounts.remaining);
    const env =
      variables === undefined
        ? removal(ours)
        : diffEnv(container, variables, ours.env, containerRecord(recorded, container.name)?.env ?? {});
    if (env.kind === 'refused') return env;
    notes.push(...env.notes);
    if (variables !== undefined) records[container.name] = { env: env.record, mounts: mounts.record };
    const patch = { ...envPatch(env), ...(mounts.patch.length === 0 ? {} : { volumeMounts: mounts.patch }) };
    if (Object.keys(patch).length > 0) patches.push({ name: container.name, ...patch });
  }
  for (const { volumeMounts = [] } of pod.initContainers ?? []) remaining.push(...volumeMounts.map(({ name }) => name));
  const volumes = diffVolumes(
    pod,
    desired.containers.size === 0 ? [] : desired.mounts,
    mine.volumes,
    remaining,
    desired.byManifest === true,
  );
  if (volumes.kind === 'refused') return volumes;
  notes.push(...volumes.notes);
  const podSpec = {
    ...(patches.length === 0 ? {} : { containers: patches }),
    ...(volumes.patch.length === 0 ? {} : { volumes: volumes.patch }),
  };
  return {
    kind: 'diff',
    ...(Object.keys(podSpec).length === 0 ? {} : { podSpec }),
    record: { containers: records, volumes: volumes.record },
    notes,
  };
}

/** The patch that removes all that is ours. */
export function revertTemplate(pod: PodSpec, mine: Mine): Fields | undefined {
  const diff = diffTemplate(pod, { containers: new Map(), mounts: [] }, mine, NOTHING);
  return diff.kind === 'diff' ? diff.podSpec : undefined;
}

function removal(ours: ContainerRecord): EnvDiff {
  return { kind: 'diff', set: [], remove: Object.keys(ours.env), record: {}, notes: [] };
}

function envPatch({ set, remove, order }: EnvDiff): Fields {
  const env = [...set, ...remove.map((name) => ({ name, ...DELETE }))];
  return {
    // The API server puts new items where this list says. Without it, a change of one of ours could move it behind a variable that refers
    // to it.
    ...(order === undefined ? {} : { '$setElementOrder/env': order.map((name) => ({ name })) }),
    ...(env.length === 0 ? {} : { env }),
  };
}

function diffMounts(container: Container, wanted: readonly Mount[], mine: Readonly<Record<string, string>>, ours: readonly string[]) {
  const live = container.volumeMounts ?? [];
  const patch: Fields[] = [];
  const record: Record<string, string> = {};
  for (const { volume, mountPath } of wanted) {
    const there = live.filter((mount) => absolute(mount.mountPath) === mountPath);
    const taken = there.find(({ name }) => name !== volume);
    if (taken !== undefined) {
      const message = `container ${container.name} mounts volume ${taken.name} at ${mountPath}, where the operator mounts ${volume}: mount yours elsewhere`;
      return { kind: 'refused', reason: 'MountPathOwnedByUser', message } as const;
    }
    const nested = live.find((mount) => !ours.includes(mount.name) && isNested(absolute(mount.mountPath), mountPath));
    if (nested !== undefined) {
      const message = `container ${container.name} mounts volume ${nested.name} at ${nested.mountPath}, and the operator mounts ${volume} at ${mountPath}: mount yours elsewhere`;
      return { kind: 'refused', reason: 'MountPathOwnedByUser', message } as const;
    }
    if (there.length === 0) patch.push({ name: volume, mountPath, readOnly: true });
    if (there.length === 0 || Object.hasOwn(mine, mountPath)) record[mountPath] = volume;
  }
  const removed = Object.keys(mine).filter((mountPath) => !wanted.some((mount) => mount.mountPath === mountPath));
  patch.push(...removed.map((mountPath) => ({ mountPath, ...DELETE })));
  const remaining = live.filter(({ mountPath }) => !removed.includes(mountPath)).map(({ name }) => name);
  return { kind: 'diff', patch, record, remaining } as const;
}

/** As the container runtime reads it: `/duotel//pricing/` is `/duotel/pricing`. In a manifest it may be missing, or a number. */
function absolute(path: unknown): string {
  return posix.resolve('/', String(path));
}

/** If the outer mount is read-only, as ours are, the runtime can not make the folder of the inner one. */
function isNested(path: string, ours: string): boolean {
  return (path !== '/' && ours.startsWith(`${path}/`)) || path.startsWith(`${ours}/`);
}

function diffVolumes(
  pod: PodSpec,
  wanted: readonly Mount[],
  mine: Readonly<Record<string, string>>,
  mounted: readonly string[],
  byManifest: boolean,
) {
  const notes: Note[] = [];
  const patch: Fields[] = [];
  const record: Record<string, string> = {};
  for (const mount of wanted) {
    const there = (pod.volumes ?? []).find(({ name }) => name === mount.volume);
    const isOurs = there === undefined || Object.hasOwn(mine, mount.volume);
    if (!isOurs && byManifest && there.configMap?.name !== mount.configMap && there.configMap?.name?.startsWith(`${mount.volume}-`)) {
      const message = `the manifest mounts ConfigMap ${there.configMap.name}, of another release: run duotel inject -f on it again`;
      notes.push({ reason: 'ManifestOutdated', level: 'hint', message });
      continue;
    }
    if (!isOurs && there.configMap?.name !== mount.configMap) {
      const message = `the pod has a volume ${mount.volume} of its own: rename it, the operator needs that name`;
      return { kind: 'refused', reason: 'VolumeOwnedByUser', message } as const;
    }
    if (there?.configMap?.name !== mount.configMap) patch.push(configMapVolume(mount));
    if (isOurs) record[mount.volume] = mount.configMap;
  }
  for (const [name, configMap] of Object.entries(mine)) {
    if (wanted.some(({ volume }) => volume === name)) continue;
    // A mount that is not ours refers to it. Without the volume the API server would refuse the pod.
    if (mounted.includes(name)) record[name] = configMap;
    else patch.push({ name, ...DELETE });
  }
  return { kind: 'diff', patch, record, notes } as const;
}

function configMapVolume({ volume, configMap, files }: Mount): Fields {
  return {
    name: volume,
    // optional: a pod starts without the files rather than not at all. 420 = 0644 is the API server's default; it is stated so that live
    // and desired are equal.
    configMap: { name: configMap, items: files.map(({ key, path }) => ({ key, path })), defaultMode: 420, optional: true },
  };
}
