import { KubeConfigMap } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { componentName, objectLabels, PORT } from '../api/names.ts';
import { pushesMetrics } from '../api/stack-parts.ts';
import { Component } from './component.ts';
import { alertingRules } from './config/alerts.ts';
import {
  PROMETHEUS_CONFIG_DIRECTORY,
  PROMETHEUS_RULES_DIRECTORY,
  prometheusConfig,
  REMOTE_WRITE_DIRECTORY,
  remoteWriteFiles,
} from './config/prometheus.ts';
import { recordingRules } from './config/rules.ts';
import { configFile } from './config-file.ts';
import { mergePatch } from './merge-patch.ts';
import { Routes } from './routes.ts';
import { secretFiles } from './secret-files.ts';
import type { StackInput } from './stack-input.ts';

const DATA_DIRECTORY = '/prometheus';

/** Prometheus: scrapes the stack, evaluates the rules. It reads changed files by itself, so nothing here rolls its pod. */
export class Prometheus extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'prometheus');
    const { prometheus, imagePullSecrets = [] } = input.spec;
    const name = componentName(input.name, 'prometheus');
    const rules = `${name}-rules`;
    const labels = objectLabels(input.name, 'prometheus');
    new KubeConfigMap(this, 'config', {
      metadata: { name, labels },
      data: { 'prometheus.yml': configFile(mergePatch(prometheusConfig(input, input.spec), prometheus.configPatch)) },
    });
    new KubeConfigMap(this, 'rules', {
      metadata: { name: rules, labels },
      data: { 'names.yaml': configFile(recordingRules()), 'alerts.yaml': configFile(alertingRules(input.spec.alerts)) },
    });
    new Component(this, {
      stack: input.name,
      component: 'prometheus',
      image: prometheus.image,
      pod: prometheus,
      // Two would not be one: each scrapes for itself, and data pushed to the Service would reach either.
      replicas: 1,
      service: prometheus.service,
      imagePullSecrets,
      args: [
        `--config.file=${PROMETHEUS_CONFIG_DIRECTORY}/prometheus.yml`,
        '--config.auto-reload',
        `--storage.tsdb.path=${DATA_DIRECTORY}`,
        // The second: a counter counts from its start, not from its first scrape, or what a short-lived pod did would have no rate.
        '--enable-feature=exemplar-storage,created-timestamp-zero-ingestion',
        ...(pushesMetrics(input.spec) ? ['--web.enable-otlp-receiver'] : []),
      ],
      ports: [{ name: 'http', port: PORT.prometheus, appProtocol: 'http' }],
      health: { port: PORT.prometheus, live: '/-/healthy', ready: '/-/ready' },
      user: 65534,
      data: { path: DATA_DIRECTORY, storage: prometheus.storage },
      config: [
        { name: 'config', path: PROMETHEUS_CONFIG_DIRECTORY, source: { configMap: { name } } },
        { name: 'rules', path: PROMETHEUS_RULES_DIRECTORY, source: { configMap: { name: rules } } },
        ...secretFiles('remote-write', REMOTE_WRITE_DIRECTORY, remoteWriteFiles(prometheus)),
      ],
      terminationGracePeriodSeconds: 60,
    });
    new Routes(this, input.name, 'prometheus', prometheus, PORT.prometheus);
  }
}
