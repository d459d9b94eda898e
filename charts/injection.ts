import { KubeConfigMap } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { Construct } from 'constructs';
import { objectLabels } from '../api/names.ts';
import { injectionSettings } from './config/injection.ts';
import { configFile } from './config-file.ts';
import type { StackInput } from './stack-input.ts';

/** ConfigMap `<stack>-injection`: what annotated workloads are told, as `settings.yaml`. */
export class Injection extends Construct {
  constructor(scope: Construct, input: StackInput) {
    super(scope, 'injection');
    new KubeConfigMap(this, 'settings', {
      metadata: { name: `${input.name}-injection`, labels: objectLabels(input.name) },
      data: { 'settings.yaml': configFile(injectionSettings(input, input.spec)) },
    });
  }
}
