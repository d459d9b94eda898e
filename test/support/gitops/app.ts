import type { KubeObject } from '../../../api/kube-object.ts';

/** One Deployment as its owner writes it. */
export interface App {
  readonly containers: readonly Readonly<Record<string, unknown>>[];
  readonly annotations?: Readonly<Record<string, string>>;
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly templateLabels?: Readonly<Record<string, string>>;
}

/** A container with variables of its owner's, one of which refers to the other. */
export const APP = {
  name: 'app',
  image: 'example/app:1',
  env: [
    { name: 'GREETING', value: 'hello' },
    { name: 'SENTENCE', value: '$(GREETING) you' },
  ],
  resources: { requests: { cpu: '10m' } },
} as const;

/** Without replicas: there is no node to run pods on, and every change of the template makes its ReplicaSet all the same. */
export function deployment(name: string, namespace: string, app: App, replicas = 0): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, ...(app.annotations !== undefined && { annotations: app.annotations }) },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, ...app.templateLabels } },
        spec: { containers: app.containers, ...(app.volumes !== undefined && { volumes: app.volumes }) },
      },
    },
  };
}
