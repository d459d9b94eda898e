import { KubeConfigMap } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { componentName, objectLabels, PORT } from '../api/names.ts';
import { pushesMetrics } from '../api/stack-parts.ts';
import type { ResolvedStackSpec } from '../api/telemetry-stack.ts';
import { Component } from './component.ts';
import type { ComponentPort, ConfigMount } from './component-props.ts';
import { collectorConfig } from './config/collector.ts';
import { QUEUE_DIRECTORY } from './config/collector-common.ts';
import { exporterFiles, HEADERS_DIRECTORY } from './config/extra-exporters.ts';
import { AUTH_DIRECTORY, TLS_DIRECTORY } from './config/otlp-receiver.ts';
import { configFile, configHash } from './config-file.ts';
import { goMemoryLimit } from './go-memory-limit.ts';
import { mergePatch } from './merge-patch.ts';
import { OpenTelemetryCollector } from './opentelemetry-collector.ts';
import { secretFiles } from './secret-files.ts';
import type { StackInput } from './stack-input.ts';

/** The OpenTelemetry Collector that every annotated workload sends to, run by the stack or by an OpenTelemetry Operator. */
export class Collector extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'collector');
    const { collector, imagePullSecrets = [] } = input.spec;
    const config = mergePatch(collectorConfig(input, input.spec), collector.configPatch);
    const env = [goMemoryLimit(collector.resources.limits.memory)];
    if (collector.mode === 'opentelemetry-operator') {
      new OpenTelemetryCollector(this, { input, config, env, ports: ports(input.spec), mounts: secretMounts(input.spec) });
      return;
    }
    const name = componentName(input.name, 'collector');
    const files = { 'config.yaml': configFile(config) };
    new KubeConfigMap(this, 'config', { metadata: { name, labels: objectLabels(input.name, 'collector') }, data: files });
    new Component(this, {
      stack: input.name,
      component: 'collector',
      image: collector.image,
      pod: collector,
      replicas: collector.replicas,
      service: collector.service,
      imagePullSecrets,
      args: ['--config=/etc/otelcol/config.yaml'],
      env,
      ports: ports(input.spec),
      health: { port: PORT.health, live: '/', ready: '/' },
      user: 10001,
      data: { path: QUEUE_DIRECTORY, storage: collector.storage },
      config: [{ name: 'config', path: '/etc/otelcol', source: { configMap: { name } } }, ...secretMounts(input.spec)],
      configHash: configHash(files),
      terminationGracePeriodSeconds: 60,
      ...(collector.serviceAccountName !== undefined && { serviceAccountName: collector.serviceAccountName }),
    });
  }
}

function ports(spec: ResolvedStackSpec): readonly ComponentPort[] {
  return [
    { name: 'otlp-grpc', port: PORT.otlpGrpc, appProtocol: 'grpc' },
    { name: 'otlp-http', port: PORT.otlpHttp, appProtocol: 'http' },
    { name: 'self-metrics', port: PORT.selfMetrics, appProtocol: 'http' },
    ...(pushesMetrics(spec) ? [] : [{ name: 'metrics', port: PORT.collectorMetrics, appProtocol: 'http' }]),
  ];
}

function secretMounts({ collector }: ResolvedStackSpec): readonly ConfigMount[] {
  const { tls, auth } = collector;
  return [
    ...(tls === undefined ? [] : [{ name: 'tls', path: TLS_DIRECTORY, source: { secret: { secretName: tls.secretName } } }]),
    ...(auth === undefined ? [] : [{ name: 'auth', path: AUTH_DIRECTORY, source: { secret: { secretName: auth.secretName } } }]),
    ...secretFiles('exporters', HEADERS_DIRECTORY, exporterFiles(collector)),
  ];
}
