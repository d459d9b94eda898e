import { KubeConfigMap } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { componentName, objectLabels, PORT } from '../src/api/names.ts';
import { Component } from './component.ts';
import { collectorConfig, QUEUE_DIRECTORY } from './config/collector.ts';
import { configFile, configHash } from './config-file.ts';
import { goMemoryLimit } from './go-memory-limit.ts';
import type { StackInput } from './stack-input.ts';

/** The OpenTelemetry Collector that every annotated workload sends to. */
export class Collector extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'collector');
    const { collector } = input.spec;
    const name = componentName(input.name, 'collector');
    const files = { 'config.yaml': configFile(collectorConfig(input, input.spec)) };
    new KubeConfigMap(this, 'config', { metadata: { name, labels: objectLabels(input.name, 'collector') }, data: files });
    new Component(this, {
      stack: input.name,
      component: 'collector',
      settings: collector,
      args: ['--config=/etc/otelcol/config.yaml'],
      env: [goMemoryLimit(collector.resources.limits.memory)],
      ports: [
        { name: 'otlp-grpc', port: PORT.otlpGrpc, appProtocol: 'grpc' },
        { name: 'otlp-http', port: PORT.otlpHttp, appProtocol: 'http' },
        { name: 'self-metrics', port: PORT.selfMetrics, appProtocol: 'http' },
        { name: 'metrics', port: PORT.collectorMetrics, appProtocol: 'http' },
      ],
      health: { port: PORT.health, live: '/', ready: '/' },
      user: 10001,
      dataPath: QUEUE_DIRECTORY,
      config: [{ name: 'config', path: '/etc/otelcol', source: { configMap: { name } } }],
      configHash: configHash(files),
      terminationGracePeriodSeconds: 60,
    });
  }
}
