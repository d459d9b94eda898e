import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments, stringify } from 'yaml';
import type { KubeObject } from '../../api/kube-object.ts';
import { checkov } from '../../tools/checks/checkov.ts';
import { judge, loadExceptions } from '../../tools/checks/exceptions.ts';
import { CHECKERS, type Checker, type Finding } from '../../tools/checks/finding.ts';
import { kubeScore } from '../../tools/checks/kube-score.ts';
import { kubeconform } from '../../tools/checks/kubeconform.ts';
import { applyRules } from '../../tools/checks/rules.ts';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { installForeignCrds } from '../support/cluster/foreign-crds.ts';
import { must, synthesize } from '../support/cluster/installation.ts';
import { STACK_INPUTS } from '../support/stacks/stack-inputs.ts';
import { eventually } from '../support/time/eventually.ts';

/** What is rendered and checked: the defaults, everything several times over, and other people's operators with a scoped one of ours. */
const SETTINGS: Readonly<Record<string, string | undefined>> = {
  default: undefined,
  'scale-out': stringify({ operator: { replicas: 2 }, stack: STACK_INPUTS['gateway'] }),
  'other-operators': stringify({ operator: { scope: { namespaces: ['shop'] } }, stack: STACK_INPUTS['other-operators'] }),
};
const LIMIT_MS = 1_200_000;

let cluster: ControlPlane;
let folder: string;
const filesOf = (name: string): readonly string[] => readdirSync(join(folder, name)).map((file) => join(folder, name, file));
const allFiles = (): readonly string[] => Object.keys(SETTINGS).flatMap(filesOf);
const objectsOf = (name: string): readonly KubeObject[] =>
  filesOf(name).flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as KubeObject));
const get = (path: string): Promise<string> => must(cluster, ['get', '--raw', path]);

/** The resource that the operator makes at its first start is in `dist` as a text only. */
function writeDefaultStack(name: string): void {
  const config = objectsOf(name).find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'duotel-default-stack');
  const stack = parse((config?.['data'] as Record<string, string> | undefined)?.['telemetrystack.yaml'] ?? '');
  writeFileSync(join(folder, name, '30-default-stack.yaml'), stringify(stack));
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-checks-'));
  for (const [name, settings] of Object.entries(SETTINGS)) {
    const { dist, remove } = synthesize(settings);
    mkdirSync(join(folder, name));
    for (const file of readdirSync(dist)) copyFileSync(join(dist, file), join(folder, name, file));
    remove();
    writeDefaultStack(name);
  }
  cluster = await startControlPlane({ audit: false });
  await installForeignCrds(cluster);
  // The namespace, and the CRD that gives the API server the schema of our own kind.
  await must(cluster, ['apply', '--server-side', '-f', join(folder, 'default', '00-foundation.k8s.yaml')]);
  // A kind's schema is published some time after the kind is served.
  for (const group of ['duotel.io/v1alpha1', 'monitoring.coreos.com/v1', 'opentelemetry.io/v1beta1'])
    await eventually(`the schemas of ${group}`, async () => (await get('/openapi/v3')).includes(`"apis/${group}"`));
}, LIMIT_MS);

afterAll(async () => {
  await cluster?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const CHECK: Readonly<Record<Checker, () => Promise<readonly Finding[]>>> = {
  // Each set of manifests by itself: which Service or policy belongs to which pods is a question of one set.
  'kube-score': async () => (await Promise.all(Object.keys(SETTINGS).map((name) => kubeScore(filesOf(name))))).flat(),
  kubeconform: () => kubeconform(allFiles(), get),
  checkov: () => checkov(folder),
  rules: async () => Object.keys(SETTINGS).flatMap((name) => applyRules(objectsOf(name))),
};

describe('the manifests', () => {
  it.each(CHECKERS)(
    'have no finding of %s without a written reason, and no reason without a finding',
    async (checker) => {
      const exceptions = loadExceptions().filter((one) => one.checker === checker);
      const { unexplained, stale } = judge(await CHECK[checker](), exceptions);
      const lines = new Set(unexplained.map(({ check, object, found }) => `${check} ${object}: ${found}`));
      expect({ unexplained: [...lines], stale }).toEqual({ unexplained: [], stale: [] });
    },
    LIMIT_MS,
  );

  it(
    'would be found wrong by each of the programs',
    async () => {
      const broken = join(folder, 'broken');
      mkdirSync(broken);
      const spec = { replicas: 1, selector: { matchLabels: { app: 'x' } }, template: { metadata: { labels: { app: 'x' } }, spec: POD } };
      const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'x', namespace: 'shop' }, spec };
      const wrongStack = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata: { name: 'x' }, spec: { jeager: {} } };
      const file = join(broken, 'x.yaml');
      writeFileSync(file, [deployment, wrongStack].map((object) => stringify(object)).join('---\n'));
      const checks = async (found: Promise<readonly Finding[]>) => (await found).map(({ check, object }) => `${check} ${object}`);
      expect(await checks(kubeScore([file]))).toContain('pod-networkpolicy Deployment/x');
      // It checks several objects at a time, and tells of them in no order.
      const refused = (await kubeconform([file], get)).toSorted((a, b) => a.object.localeCompare(b.object));
      expect(refused.map(({ object }) => object)).toEqual(['Deployment/x', 'TelemetryStack/x']);
      expect(refused.map(({ found }) => found)).toEqual([expect.stringContaining('imagePulPolicy'), expect.stringContaining('jeager')]);
      expect(await checks(checkov(broken))).toContain('CKV_K8S_16 Deployment/x');
      rmSync(broken, { recursive: true });
    },
    LIMIT_MS,
  );
});

/** Privileged, and with a field that the API does not know. */
const POD = { containers: [{ name: 'x', image: 'x', imagePulPolicy: 'Always', securityContext: { privileged: true } }] };
