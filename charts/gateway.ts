import { KubeConfigMap, KubeHorizontalPodAutoscalerV2 } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { componentName, objectLabels, PORT } from '../api/names.ts';
import { Component } from './component.ts';
import { gatewayConfig } from './config/gateway.ts';
import { configFile, configHash } from './config-file.ts';
import { goMemoryLimit } from './go-memory-limit.ts';
import { mergePatch } from './merge-patch.ts';
import type { StackInput } from './stack-input.ts';

/** The collector's second tier: it makes metrics from spans. Its pods hold nothing that must outlive them, so their number follows the load. */
export class Gateway extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'gateway');
    const { collector, imagePullSecrets = [] } = input.spec;
    const { gateway } = collector;
    const name = componentName(input.name, 'gateway');
    const metadata = { name, labels: objectLabels(input.name, 'gateway') };
    const files = { 'config.yaml': configFile(mergePatch(gatewayConfig(input, input.spec), gateway.configPatch)) };
    new KubeConfigMap(this, 'config', { metadata, data: files });
    new Component(this, {
      stack: input.name,
      component: 'gateway',
      image: collector.image,
      pod: gateway,
      // The budget and the spread use the largest number of pods.
      replicas: gateway.maxReplicas,
      autoscaled: true,
      service: 'headless',
      imagePullSecrets,
      args: ['--config=/etc/otelcol/config.yaml'],
      env: [
        goMemoryLimit(gateway.resources.limits.memory),
        { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
      ],
      ports: [
        { name: 'otlp-grpc', port: PORT.otlpGrpc, appProtocol: 'grpc' },
        { name: 'self-metrics', port: PORT.selfMetrics, appProtocol: 'http' },
      ],
      health: { port: PORT.health, live: '/', ready: '/' },
      user: 10001,
      config: [{ name: 'config', path: '/etc/otelcol', source: { configMap: { name } } }],
      configHash: configHash(files),
      terminationGracePeriodSeconds: 60,
    });
    new KubeHorizontalPodAutoscalerV2(this, 'autoscaler', {
      metadata,
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
        minReplicas: gateway.minReplicas,
        maxReplicas: gateway.maxReplicas,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: gateway.targetCPUUtilization } },
          },
        ],
        // Services change their gateway whenever the number of pods does: seldom, then, and not for a minute's calm.
        behavior: { scaleDown: { stabilizationWindowSeconds: 600, policies: [{ type: 'Pods', value: 1, periodSeconds: 120 }] } },
      },
    });
  }
}
