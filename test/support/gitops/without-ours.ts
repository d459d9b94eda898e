import type { KubeObject } from '../../../api/kube-object.ts';

interface Item {
  readonly name: string;
  readonly mountPath?: string;
}

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly (Item & { readonly env?: readonly Item[]; readonly volumeMounts?: readonly Item[] })[];
    readonly volumes?: readonly Item[];
  };
}

interface Record_ {
  readonly containers: Readonly<Record<string, { readonly env: object; readonly mounts: object }>>;
  readonly volumes: object;
}

/**
 * The pod template of a Deployment less what its record says is the operator's, and less the label that holds its name. Written
 * without the operator's own code, which is what is being judged.
 */
export function withoutOurs(object: KubeObject): unknown {
  const { template } = object['spec'] as { template: Template };
  const text = object.metadata.annotations?.['duotel.io/injected'];
  const record: Record_ = text === undefined ? { containers: {}, volumes: {} } : JSON.parse(text);
  const { app: _, ...labels } = template.metadata.labels;
  const containers = template.spec.containers.map((container) => {
    const ours = record.containers[container.name] ?? { env: {}, mounts: {} };
    return {
      ...container,
      env: (container.env ?? []).filter(({ name }) => !Object.hasOwn(ours.env, name)),
      volumeMounts: (container.volumeMounts ?? []).filter(({ mountPath = '' }) => !Object.hasOwn(ours.mounts, mountPath)),
    };
  });
  const volumes = (template.spec.volumes ?? []).filter(({ name }) => !Object.hasOwn(record.volumes, name));
  return { ...template, metadata: { ...template.metadata, labels }, spec: { ...template.spec, containers, volumes } };
}
