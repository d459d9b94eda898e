import { describe, expect, it } from '@jest/globals';
import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import { formatRecord } from '../../../src/inject/record/record.ts';
import { injectedWorkloads, parseTarget } from '../../../src/survey/targets.ts';
import { formatNumber } from '../../../src/verify/check.ts';

const RECORD = formatRecord({ backend: 'both', bootstrap: 'python', stack: 'duotel/duotel', containers: {}, volumes: {} });

function deployment(env: readonly { name: string; value: string }[], annotations: Readonly<Record<string, string>>): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'my-rag', namespace: 'demo', annotations },
    spec: { selector: { matchLabels: { app: 'my-rag' } }, template: { spec: { containers: [{ name: 'app', env }] } } },
  };
}

describe('what is verified', () => {
  it('is each workload with a record, under the service name that its container is told', () => {
    const object = deployment([{ name: 'OTEL_SERVICE_NAME', value: 'rag $$1' }], { [ANNOTATION.injected]: RECORD });
    expect(injectedWorkloads([object])).toEqual([
      {
        kind: 'Deployment',
        namespace: 'demo',
        name: 'my-rag',
        backend: 'both',
        bootstrap: 'python',
        stack: 'duotel/duotel',
        service: 'rag $1',
        podLabels: { app: 'my-rag' },
      },
    ]);
  });

  it('is no workload that is only annotated', () => {
    expect(injectedWorkloads([deployment([], { [ANNOTATION.backend]: 'both' })])).toEqual([]);
  });
});

describe('the name of a workload', () => {
  it.each([
    ['deployment/my-rag', 'Deployment'],
    ['deploy/my-rag', 'Deployment'],
    ['deployments.apps/my-rag', 'Deployment'],
    ['my-rag', 'Deployment'],
    ['sts/my-rag', 'StatefulSet'],
    ['cronjob/my-rag', 'CronJob'],
  ])('%s is taken as kubectl takes it', (text, kind) => {
    expect(parseTarget(text)).toEqual({ kind, name: 'my-rag' });
  });

  it.each(['pod/x', 'deployment/', 'a/b/c'])('%s is refused with what was expected', (text) => {
    expect(() => parseTarget(text)).toThrow(
      `workload is "${text}", expected TYPE/NAME with TYPE one of deployment, statefulset, daemonset, cronjob`,
    );
  });
});

describe('a number in a table', () => {
  it.each([
    [1060, '1060'],
    [0.00017622, '0.00017622'],
    [2.52e-6, '2.52e-6'],
    [0.1 + 0.2, '0.3'],
    [0, '0'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%p is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});
