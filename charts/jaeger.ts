import { KubeConfigMap } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import type { JaegerSettings } from '../api/component-spec.ts';
import { componentName, objectLabels, PORT } from '../api/names.ts';
import { Component } from './component.ts';
import type { ComponentProps, ConfigMount } from './component-props.ts';
import { JAEGER_CONFIG_DIRECTORY, jaegerConfig, jaegerUiConfig } from './config/jaeger.ts';
import { JAEGER_CA_DIRECTORY, JAEGER_CREDENTIALS_DIRECTORY, JAEGER_DIRECTORY } from './config/jaeger-storage.ts';
import { configFile, configHash } from './config-file.ts';
import { goMemoryLimit } from './go-memory-limit.ts';
import { mergePatch } from './merge-patch.ts';
import { Routes } from './routes.ts';
import { secretFiles } from './secret-files.ts';
import type { StackInput } from './stack-input.ts';

/** Jaeger: stores traces, in badger or in a server of the user's, and shows them. */
export class Jaeger extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'jaeger');
    const { jaeger } = input.spec;
    const name = componentName(input.name, 'jaeger');
    const files = {
      'config.yaml': configFile(mergePatch(jaegerConfig(input, input.spec), jaeger.configPatch)),
      'ui-config.json': `${JSON.stringify(jaegerUiConfig(input.spec), undefined, 2)}\n`,
    };
    new KubeConfigMap(this, 'config', { metadata: { name, labels: objectLabels(input.name, 'jaeger') }, data: files });
    new Component(this, {
      stack: input.name,
      component: 'jaeger',
      image: jaeger.image,
      pod: jaeger,
      replicas: jaeger.replicas,
      service: jaeger.service,
      imagePullSecrets: input.spec.imagePullSecrets ?? [],
      args: [`--config=${JAEGER_CONFIG_DIRECTORY}/config.yaml`],
      env: [goMemoryLimit(jaeger.resources.limits.memory)],
      ports: [
        { name: 'otlp-grpc', port: PORT.otlpGrpc, appProtocol: 'grpc' },
        { name: 'ui', port: PORT.jaegerUi, appProtocol: 'http' },
        { name: 'self-metrics', port: PORT.selfMetrics, appProtocol: 'http' },
      ],
      health: { port: PORT.health, live: '/status', ready: '/status' },
      user: 10001,
      ...ownData(jaeger),
      config: [{ name: 'config', path: JAEGER_CONFIG_DIRECTORY, source: { configMap: { name } } }, ...storageFiles(jaeger)],
      configHash: configHash(files),
      terminationGracePeriodSeconds: 60,
    });
    new Routes(this, input.name, 'jaeger', jaeger, PORT.jaegerUi);
  }
}

function ownData({ storage: { type, size, storageClassName } }: JaegerSettings): Pick<ComponentProps, 'data'> {
  if (type !== 'persistent' && type !== 'ephemeral') return {};
  return { data: { path: JAEGER_DIRECTORY, storage: { type, size, ...(storageClassName !== undefined && { storageClassName }) } } };
}

function storageFiles({ storage: { type, credentialsSecret, tls } }: JaegerSettings): readonly ConfigMount[] {
  if (type === 'persistent' || type === 'ephemeral') return [];
  const credentials = (credentialsSecret === undefined ? [] : ['username', 'password']).map((key) => ({
    file: key,
    secret: { name: credentialsSecret ?? '', key },
  }));
  const certificates = tls?.caSecret === undefined ? [] : [{ file: 'ca.crt', secret: tls.caSecret }];
  return [
    ...secretFiles('credentials', JAEGER_CREDENTIALS_DIRECTORY, credentials),
    ...secretFiles('storage-ca', JAEGER_CA_DIRECTORY, certificates),
  ];
}
