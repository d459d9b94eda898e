import { ApiObject } from 'cdk8s';
import type { EnvVar } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { objectLabels, selectorLabels } from '../api/names.ts';
import type { ComponentPort, ConfigMount } from './component-props.ts';
import { QUEUE_DIRECTORY } from './config/collector-common.ts';
import { memoryQuantity } from './quantity.ts';
import type { StackInput } from './stack-input.ts';

export interface OpenTelemetryCollectorProps {
  readonly input: StackInput;
  readonly config: object;
  readonly env: readonly EnvVar[];
  readonly ports: readonly ComponentPort[];
  readonly mounts: readonly ConfigMount[];
}

/**
 * The collector as a resource of the OpenTelemetry Operator. It is named after the stack, since the Service that the operator makes of
 * `<name>` is `<name>-collector`, the name that the workloads were told.
 */
export class OpenTelemetryCollector extends Construct {
  constructor(scope: Construct, { input, config, env, ports, mounts }: OpenTelemetryCollectorProps) {
    super(scope, 'open-telemetry-collector');
    const { collector, imagePullSecrets = [] } = input.spec;
    if (imagePullSecrets.length > 0) {
      throw new Error(
        'spec.imagePullSecrets: the OpenTelemetryCollector resource has no such field: give them to a ServiceAccount and name it in spec.collector.serviceAccountName',
      );
    }
    const { storage, extraArgs = [], extraEnv = [], podAnnotations } = collector;
    const theirs = new Set(extraEnv.map(({ name }) => name));
    new ApiObject(this, 'resource', {
      apiVersion: 'opentelemetry.io/v1beta1',
      kind: 'OpenTelemetryCollector',
      metadata: { name: input.name, labels: { ...collector.podLabels, ...objectLabels(input.name, 'collector') } },
      spec: {
        mode: 'statefulset',
        replicas: 1,
        image: collector.image,
        // The version that the configuration is for: the operator would rewrite it for a newer one.
        upgradeStrategy: 'none',
        config,
        env: [
          ...env.filter(({ name }) => !theirs.has(name)),
          ...extraEnv.map(({ name, value, secretKeyRef }) =>
            secretKeyRef === undefined ? { name, value: value ?? '' } : { name, valueFrom: { secretKeyRef } },
          ),
        ],
        ...(extraArgs.length > 0 && { args: argumentMap(extraArgs) }),
        ports: ports.map(({ name, port, appProtocol }) => ({
          name,
          port,
          protocol: 'TCP',
          ...(appProtocol !== undefined && { appProtocol }),
        })),
        resources: {
          requests: collector.resources.requests,
          limits: collector.resources.limits,
        },
        ...(podAnnotations !== undefined && { podAnnotations }),
        ...(collector.serviceAccountName !== undefined && { serviceAccount: collector.serviceAccountName }),
        ...(collector.nodeSelector !== undefined && { nodeSelector: collector.nodeSelector }),
        ...(collector.tolerations !== undefined && { tolerations: collector.tolerations }),
        ...(collector.affinity !== undefined && { affinity: collector.affinity }),
        ...(collector.priorityClassName !== undefined && { priorityClassName: collector.priorityClassName }),
        ...(collector.topologySpreadConstraints !== undefined && {
          topologySpreadConstraints: collector.topologySpreadConstraints.map((constraint) => ({
            ...constraint,
            labelSelector: { matchLabels: selectorLabels(input.name, 'collector') },
          })),
        }),
        terminationGracePeriodSeconds: 60,
        podSecurityContext: {
          runAsNonRoot: true,
          runAsUser: 10001,
          runAsGroup: 10001,
          fsGroup: 10001,
          seccompProfile: { type: 'RuntimeDefault' },
        },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
        volumeMounts: [
          { name: 'queue', mountPath: QUEUE_DIRECTORY },
          ...mounts.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
        ],
        ...(storage.type === 'persistent' && {
          volumeClaimTemplates: [
            {
              metadata: { name: 'queue' },
              spec: {
                accessModes: ['ReadWriteOnce'],
                resources: { requests: { storage: memoryQuantity(storage.size).value } },
                ...(storage.storageClassName !== undefined && { storageClassName: storage.storageClassName }),
              },
            },
          ],
        }),
        ...((storage.type === 'ephemeral' || mounts.length > 0) && {
          volumes: [
            ...(storage.type === 'ephemeral' ? [{ name: 'queue', emptyDir: { sizeLimit: memoryQuantity(storage.size).value } }] : []),
            ...mounts.map(({ name, source }) => ({ name, ...source })),
          ],
        }),
      },
    });
  }
}

/** `--key=value` and `--flag` as the map that the resource takes. */
function argumentMap(args: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    args.map((argument) => {
      const [, key = argument, value = ''] = /^--?([^=]+)=?(.*)$/.exec(argument) ?? [];
      return [key, value];
    }),
  );
}
