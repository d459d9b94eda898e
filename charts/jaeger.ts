import { KubeConfigMap } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { componentName, objectLabels, PORT } from '../src/api/names.ts';
import { Component } from './component.ts';
import { JAEGER_CONFIG_DIRECTORY, JAEGER_DIRECTORY, jaegerConfig, jaegerUiConfig } from './config/jaeger.ts';
import { configFile, configHash } from './config-file.ts';
import { goMemoryLimit } from './go-memory-limit.ts';
import type { StackInput } from './stack-input.ts';

/** Jaeger: stores traces in badger and shows them. */
export class Jaeger extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'jaeger');
    const { jaeger } = input.spec;
    const name = componentName(input.name, 'jaeger');
    const files = {
      'config.yaml': configFile(jaegerConfig(input, input.spec)),
      'ui-config.json': `${JSON.stringify(jaegerUiConfig(input.spec), undefined, 2)}\n`,
    };
    new KubeConfigMap(this, 'config', { metadata: { name, labels: objectLabels(input.name, 'jaeger') }, data: files });
    new Component(this, {
      stack: input.name,
      component: 'jaeger',
      settings: jaeger,
      args: [`--config=${JAEGER_CONFIG_DIRECTORY}/config.yaml`],
      env: [goMemoryLimit(jaeger.resources.limits.memory)],
      ports: [
        { name: 'otlp-grpc', port: PORT.otlpGrpc, appProtocol: 'grpc' },
        { name: 'ui', port: PORT.jaegerUi, appProtocol: 'http' },
        { name: 'self-metrics', port: PORT.selfMetrics, appProtocol: 'http' },
      ],
      health: { port: PORT.health, live: '/status', ready: '/status' },
      user: 10001,
      dataPath: JAEGER_DIRECTORY,
      config: [{ name: 'config', path: JAEGER_CONFIG_DIRECTORY, source: { configMap: { name } } }],
      configHash: configHash(files),
      terminationGracePeriodSeconds: 60,
    });
  }
}
