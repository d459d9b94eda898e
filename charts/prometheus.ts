import { KubeConfigMap } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { componentName, objectLabels, PORT } from '../src/api/names.ts';
import { Component } from './component.ts';
import { PROMETHEUS_CONFIG_DIRECTORY, PROMETHEUS_RULES_DIRECTORY, prometheusConfig } from './config/prometheus.ts';
import { alertingRules, recordingRules } from './config/rules.ts';
import { configFile } from './config-file.ts';
import type { StackInput } from './stack-input.ts';

const DATA_DIRECTORY = '/prometheus';

/** Prometheus: scrapes the stack, evaluates the rules. It reads changed files by itself, so nothing here rolls its pod. */
export class Prometheus extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'prometheus');
    const name = componentName(input.name, 'prometheus');
    const rules = `${name}-rules`;
    const labels = objectLabels(input.name, 'prometheus');
    new KubeConfigMap(this, 'config', {
      metadata: { name, labels },
      data: { 'prometheus.yml': configFile(prometheusConfig(input, input.spec)) },
    });
    new KubeConfigMap(this, 'rules', {
      metadata: { name: rules, labels },
      data: { 'names.yaml': configFile(recordingRules()), 'alerts.yaml': configFile(alertingRules()) },
    });
    new Component(this, {
      stack: input.name,
      component: 'prometheus',
      settings: input.spec.prometheus,
      args: [
        `--config.file=${PROMETHEUS_CONFIG_DIRECTORY}/prometheus.yml`,
        '--config.auto-reload',
        `--storage.tsdb.path=${DATA_DIRECTORY}`,
        // The second: a counter counts from its start, not from its first scrape, or what a short-lived pod did would have no rate.
        '--enable-feature=exemplar-storage,created-timestamp-zero-ingestion',
      ],
      ports: [{ name: 'http', port: PORT.prometheus, appProtocol: 'http' }],
      health: { port: PORT.prometheus, live: '/-/healthy', ready: '/-/ready' },
      user: 65534,
      dataPath: DATA_DIRECTORY,
      config: [
        { name: 'config', path: PROMETHEUS_CONFIG_DIRECTORY, source: { configMap: { name } } },
        { name: 'rules', path: PROMETHEUS_RULES_DIRECTORY, source: { configMap: { name: rules } } },
      ],
      terminationGracePeriodSeconds: 60,
    });
  }
}
