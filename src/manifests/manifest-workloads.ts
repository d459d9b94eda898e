import { ANNOTATION } from '../../api/annotations.ts';
import { isFields } from '../../api/fields.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { valueAt } from '../../api/value-at.ts';
import { workloadKind } from '../inject/workload/kinds.ts';
import { asMet } from './decide.ts';
import { isBare } from './is-bare.ts';
import { emptyNamespace, namespacesOf } from './namespaces.ts';
import { shapeFault } from './shape.ts';
import { ManifestError, type ManifestText, parseStream } from './stream.ts';

export interface ManifestWorkload {
  /** As the operator would meet it. */
  readonly workload: KubeObject;
  readonly namespace: KubeObject;
  /** What `duotel inject -f` noted in it. */
  readonly record: string | undefined;
}

/**
 * The workloads of manifests, each with its Namespace. Throws ManifestError naming file, line and object.
 * @param bare bare Pods, ReplicaSets and Jobs too.
 */
export function manifestWorkloads(files: readonly ManifestText[], namespace = 'default', bare = false): readonly ManifestWorkload[] {
  const streams = files.map(parseStream);
  const namespaces = namespacesOf(streams);
  return streams.flatMap((stream) =>
    stream.objects.flatMap(({ value, node }) => {
      const object = value as unknown as KubeObject;
      if (!isFields(value['metadata']) || (workloadKind(object) === undefined && !(bare && isBare(object)))) return [];
      const fault = shapeFault(object, node);
      if (fault !== undefined)
        throw new ManifestError(`${stream.name}:${stream.lineAt(fault.offset)}: ${describe(object)}: ${fault.message}`);
      const place = object.metadata.namespace ?? namespace;
      const record = valueAt(value, ['metadata', 'annotations', ANNOTATION.manifest]);
      return [
        {
          workload: asMet(value, place),
          namespace: namespaces.get(place) ?? emptyNamespace(place),
          record: typeof record === 'string' ? record : undefined,
        },
      ];
    }),
  );
}
