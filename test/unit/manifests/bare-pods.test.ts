import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { ManifestRequest } from '../../../src/manifests/decide.ts';
import { injectManifests } from '../../../src/manifests/inject-manifests.ts';
import { manifestWorkloads } from '../../../src/manifests/manifest-workloads.ts';
import { cli } from '../../support/processes/cli.ts';
import { stack } from '../../support/workloads/injection.ts';

const ASKS = '{duotel.io/backend: both}';
const POD = 'containers: [{name: app, image: "app:1"}]';
const NAMESPACE = `{apiVersion: v1, kind: Namespace, metadata: {name: demo, annotations: ${ASKS}}}\n---\n`;

const manifest = (kind: string, metadata: string, templateMetadata = '{}'): string =>
  `apiVersion: ${{ Pod: 'v1', Job: 'batch/v1' }[kind] ?? 'apps/v1'}   # kept
kind: ${kind}
metadata: {name: x, namespace: demo, ${metadata}}
spec: {${kind === 'Pod' ? POD : `template: {metadata: ${templateMetadata}, spec: {${POD}}}`}}
`;
const KINDS = ['Pod', 'ReplicaSet', 'Job'];

const run = (text: string, request: (workload: KubeObject) => ManifestRequest = () => ({ annotate: {}, revert: false })) => {
  const { files, needs, results } = injectManifests({ files: [{ name: 'app.yaml', text }], stacks: [stack()], request });
  return { after: files[0]?.after, needs, results };
};
const blocked = (advice: boolean) => [{ changed: false, advice, outcome: { state: 'blocked', reason: 'UnsupportedKind' } }];

describe('a bare Pod, ReplicaSet or Job in a file', () => {
  it.each(KINDS)('that is annotated stays as it is, and says what it should be instead: a %s', (kind) => {
    const text = manifest(kind, `annotations: ${ASKS}`);
    const { after, needs, results } = run(text);
    expect([after, needs]).toEqual([text, []]);
    expect(results).toMatchObject(blocked(false));
    expect(results[0]?.outcome.message).toContain(kind === 'Job' ? 'make it a CronJob' : 'make it a Deployment');
  });

  it('that is annotated on its pod template is told as well', () => {
    const text = manifest('Job', '', `{annotations: ${ASKS}}`);
    const { after, results } = run(text);
    expect(after).toBe(text);
    expect(results).toMatchObject(blocked(false));
  });

  it('with an annotation on its pod template that is no text is refused with file and line', () => {
    expect(() => run(manifest('Job', '', '{annotations: {duotel.io/backend: true}}'))).toThrow(
      /^app\.yaml:4: Job\/demo\/x: annotation duotel\.io\/backend is true, expected a text/,
    );
  });

  it.each(KINDS)('in a Namespace with a default is told, and is no failure: a %s', (kind) => {
    const text = NAMESPACE + manifest(kind, '');
    const { after, results } = run(text);
    expect(after).toBe(text);
    expect(results).toMatchObject(blocked(true));
  });

  it('that a selection meets is told, and does not get the annotation', () => {
    const text = manifest('Job', '');
    const { after, results } = run(text, () => ({ annotate: { 'duotel.io/backend': 'both' }, revert: false }));
    expect(after).toBe(text);
    expect(results).toMatchObject(blocked(true));
  });

  it('that opts out, or that a Deployment of the cluster makes, is not told', () => {
    const owner = 'ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: y, uid: u, controller: true}]';
    expect(run(NAMESPACE + manifest('Pod', 'annotations: {duotel.io/backend: none}')).results).toMatchObject([
      { outcome: { reason: 'OptedOut' } },
    ]);
    expect(run(NAMESPACE + manifest('ReplicaSet', `annotations: ${ASKS}, ${owner}`)).results).toEqual([]);
  });

  it('without a Namespace stays as it is too', () => {
    const text = manifest('Job', `annotations: ${ASKS}`).replace('namespace: demo, ', '');
    expect(run(text)).toMatchObject({ after: text, results: blocked(false) });
  });

  it('is among what is explained, and not among what is injected', () => {
    const files = [{ name: 'app.yaml', text: manifest('Job', '') }];
    expect(manifestWorkloads(files)).toEqual([]);
    expect(manifestWorkloads(files, 'demo', true)).toMatchObject([{ workload: { kind: 'Job' } }]);
  });
});

describe('duotel inject -f', () => {
  const inject = (input: string, ...args: readonly string[]) => cli(['inject', '-f', '-', ...args], { input });

  it('fails for a Job that is annotated itself, and not for one that its Namespace or a selection asks', async () => {
    const own = await inject(manifest('Job', `annotations: ${ASKS}`));
    expect(own).toMatchObject({ code: 1, stderr: expect.stringMatching(/Job\/demo\/x: Blocked UnsupportedKind: .*CronJob.*unchanged/) });
    for (const [text, args] of [
      [NAMESPACE + manifest('Job', ''), []],
      [manifest('Job', 'labels: {app: x}'), ['-l', 'app=x', '--backend', 'both']],
    ] as const) {
      expect(await inject(text, ...args)).toMatchObject({
        code: 0,
        stdout: text,
        stderr: expect.stringContaining('Job/demo/x: Blocked UnsupportedKind'),
      });
    }
  });
});

describe('duotel explain -f', () => {
  it('says of a Job what it should be instead', async () => {
    const { code, stdout } = await cli(['explain', '-f', '-', 'job/x'], { input: manifest('Job', '', `{annotations: ${ASKS}}`) });
    expect(code).toBe(0);
    expect(stdout).toMatch(/outcome: +UnsupportedKind \(blocked\)\nbecause: +Job x .*CronJob/);
    expect(stdout).toMatch(/asked: +duotel\.io\/backend=both \(pod template\)/);
    expect(stdout).toMatch(/next: +nothing to write/);
  });
});

describe('an object of a kind that is not known', () => {
  const other = (apiVersion: string, kind: string, metadata: string) =>
    `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: x, namespace: demo, ${metadata}}\nspec: {volumes: {a: 1}, template: {spec: {${POD}}}}\n`;

  it.each([
    ['foo/v1', 'Thing', 'the operator does not know the pod template of Thing x'],
    ['serving.knative.dev/v1', 'Service', 'the operator does not know the pod template of Service x'],
    ['extensions/v1beta1', 'Deployment', 'Deployment x is of apiVersion extensions/v1beta1, expected apps/v1'],
    ['batch/v1beta1', 'CronJob', 'CronJob x is of apiVersion batch/v1beta1, expected batch/v1'],
  ])('and that is annotated stays as it is, and is told: %s %s', (apiVersion, kind, message) => {
    const text = other(apiVersion, kind, `annotations: ${ASKS}`);
    const { after, needs, results } = run(text);
    expect([after, needs]).toEqual([text, []]);
    expect(results).toMatchObject(blocked(false));
    expect(results[0]?.outcome.message).toContain(message);
    expect(run(text, () => ({ annotate: {}, revert: true })).results).toEqual([]);
  });

  it.each([
    ['has no pods', 'v1', 'Service', `annotations: ${ASKS}`],
    ['has no pods', 'networking.k8s.io/v1', 'Ingress', `annotations: ${ASKS}`],
    ['is annotated by the operator alone', 'foo/v1', 'Thing', 'annotations: {duotel.io/status: "Injected both"}'],
    ['is a TelemetryStack', 'duotel.io/v1alpha1', 'TelemetryStack', 'annotations: {duotel.io/reconcile-at: "1"}'],
    [
      'is part of a stack',
      'monitoring.coreos.com/v1',
      'ServiceMonitor',
      'labels: {duotel.io/stack: duotel}, annotations: {duotel.io/prune: "false"}',
    ],
    ['is not annotated itself', 'foo/v1', 'Thing', 'labels: {duotel.io/backend: both}'],
  ])('is passed over when it %s', (_, apiVersion, kind, metadata) => {
    expect(run(NAMESPACE + other(apiVersion, kind, metadata)).results).toEqual([]);
  });
});
