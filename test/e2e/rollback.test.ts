import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Cluster, downCluster, upCluster } from '../../tools/cluster/cluster.ts';
import { LOCAL_IMAGES } from '../../tools/images/images.ts';
import { eventually } from '../support/time/eventually.ts';

/**
 * Apps on a real node: one that ends as soon as an injected variable is there (what a kubelet says of it takes the injection back), and
 * others that go on while the operator is off.
 */
const NAME = 'e2e-rollback';
const UP_LIMIT_MS = 40 * 60_000;
const STRICT =
  "if (process.env.OBSERVABILITY_BACKEND) { console.error('a secret in the log'); process.exit(7); } setInterval(() => {}, 1000);";
const CALM = "console.log('backend', process.env.OBSERVABILITY_BACKEND, 'release', process.env.RELEASE); setInterval(() => {}, 1000);";

interface Extra {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly spec?: object;
}

const workload = (kind: string, name: string, script: string, { annotations = {}, spec = {} }: Extra = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'shop', annotations },
  spec: {
    ...spec,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'app', image: LOCAL_IMAGES.node, imagePullPolicy: 'IfNotPresent', command: ['node', '-e', script] }],
      },
    },
  },
});
const OBJECTS = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'duotel' } },
  workload('Deployment', 'strict', STRICT),
  // Without minReadySeconds the instant in which the new pod is Ready would be enough to replace the other one too.
  workload('StatefulSet', 'ordered', STRICT, { spec: { replicas: 2, serviceName: 'ordered', minReadySeconds: 5 } }),
];
// Nothing of the stack is needed here but that it is there to report to.
const STACK = { apiVersion: 'duotel.io/v1alpha1', kind: 'TelemetryStack', metadata: { name: 'duotel', namespace: 'duotel' } };

let cluster: Cluster;
let operator: ChildProcess | undefined;

async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args, input, 300_000);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}
const field = (path: string, of = 'deployment/strict'): Promise<string> => kubectl(['get', of, '-n', 'shop', '-o', `jsonpath=${path}`]);

function startOperator(): void {
  const run = cluster.inCluster(process.execPath, ['src/cli/main.ts', 'operator', '--no-leader-elect', '--kubeconfig', cluster.kubeconfig]);
  operator = spawn(run.command, run.args, { env: { ...process.env, ...run.env }, stdio: 'ignore' });
}

async function stopOperator(): Promise<void> {
  if (operator === undefined || operator.exitCode !== null || operator.signalCode !== null) return;
  const ended = once(operator, 'exit');
  operator.kill('SIGTERM');
  await ended;
}

/** What each running pod of an app has printed, in no order, once the rollout is through. */
async function printed(name: string, pods: number): Promise<readonly string[]> {
  await kubectl(['rollout', 'status', `deployment/${name}`, '-n', 'shop', '--timeout=290s']);
  return eventually(
    `${pods} pods of ${name}`,
    async () => {
      const names = (await kubectl(['get', 'pods', '-n', 'shop', '-l', `app=${name}`, '-o', 'name'])).trim().split('\n');
      const texts = await Promise.all(names.map((pod) => kubectl(['logs', pod, '-n', 'shop'])));
      return texts.length === pods && texts.every((text) => text !== '') && texts.map((text) => text.trim());
    },
    120,
  );
}

beforeAll(async () => {
  cluster = await upCluster(NAME);
  await kubectl(['apply', '-f', 'crds/telemetrystack.yaml']);
  for (const object of OBJECTS) await kubectl(['apply', '-f', '-'], JSON.stringify(object));
  await eventually('the TelemetryStack to be taken', async () => kubectl(['apply', '-f', '-'], JSON.stringify(STACK)), 60);
  startOperator();
}, UP_LIMIT_MS);

afterAll(async () => {
  await stopOperator();
  await downCluster(NAME);
});

describe('an app that ends when it is injected', () => {
  it('gets its former template back and runs again, with what ended it in the status', async () => {
    await eventually('the app to run', async () => (await field('{.status.availableReplicas}')) === '1', 240);
    const template = await field('{.spec.template}');
    await kubectl(['annotate', 'deployment/strict', '-n', 'shop', 'duotel.io/backend=both']);
    await eventually('it to be injected', async () => (await field('{.spec.template}')).includes('"value":"both"'), 120);
    const status = await eventually(
      'it to be taken back',
      async () => {
        const line = await field('{.metadata.annotations.duotel\\.io/status}');
        return line.startsWith('Blocked') && line;
      },
      180,
    );
    expect(status).toMatch(/^Blocked RolledBack: container app crashed \d times: Error, exit code 7$/);
    expect(await field('{.spec.template}')).toBe(template);
    // Without readiness probe its Deployment took the crashing pod for ready once, and stopped the former one.
    await eventually('the app to run again', async () => (await field('{.status.availableReplicas}')) === '1', 240);
    const events = await eventually(
      'the event',
      async () => {
        const messages = await kubectl(['get', 'events', '-A', '-o', 'jsonpath={.items[*].message}']);
        return messages.includes('Error, exit code 7') && messages;
      },
      60,
    );
    expect(events).not.toContain('a secret in the log');
  }, 1_200_000);
});

describe('a StatefulSet whose pod ends when it is injected', () => {
  const of = (path: string): Promise<string> => field(path, 'statefulset/ordered');
  const uids = (): Promise<string> =>
    kubectl(['get', 'pods', '-n', 'shop', '-l', 'app=ordered', '-o', 'jsonpath={.items[*].metadata.uid}']);

  it('runs again with all its pods: the one that it would never replace is made anew', async () => {
    await eventually('both pods to run', async () => (await of('{.status.availableReplicas}')) === '2', 240);
    const [template, before] = [await of('{.spec.template}'), (await uids()).split(' ')];
    await kubectl(['annotate', 'statefulset/ordered', '-n', 'shop', 'duotel.io/backend=both']);
    await eventually('it to be taken back', async () => (await of('{.metadata.annotations.duotel\\.io/rolled-back}')) !== '', 300);
    expect(await of('{.spec.template}')).toBe(template);
    await eventually('both pods to run again', async () => (await of('{.status.availableReplicas}')) === '2', 240);
    const status = () => of('{.metadata.annotations.duotel\\.io/status}');
    await eventually('the status', async () => (await status()).includes('is deleted'), 60);
    expect(await status()).toMatch(/^Blocked RolledBack: .*; pod ordered-1 is deleted/);
    // The other one was never touched.
    expect((await uids()).split(' ').filter((uid) => before.includes(uid))).toHaveLength(1);
  }, 1_200_000);
});

describe('while the operator is off', () => {
  const ASKS = { annotations: { 'duotel.io/backend': 'openlit' } };
  const INJECTED = 'backend openlit release';

  it('apps scale, roll, replace their pods and begin, with what they have; later only what is new is taken up', async () => {
    await kubectl(['apply', '-f', '-'], JSON.stringify(workload('Deployment', 'calm', CALM, ASKS)));
    await eventually(
      'it to be injected',
      // The program itself names the variable: only its value tells.
      async () => (await field('{.spec.template}', 'deployment/calm')).includes('"value":"openlit"'),
      120,
    );
    await stopOperator();

    await kubectl(['scale', 'deployment/calm', '-n', 'shop', '--replicas=2']);
    expect(await printed('calm', 2)).toEqual([`${INJECTED} undefined`, `${INJECTED} undefined`]);
    await kubectl(['set', 'env', 'deployment/calm', '-n', 'shop', 'RELEASE=2']);
    expect(await printed('calm', 2)).toEqual([`${INJECTED} 2`, `${INJECTED} 2`]);
    const [pod = ''] = (await kubectl(['get', 'pods', '-n', 'shop', '-l', 'app=calm', '-o', 'name'])).split('\n');
    await kubectl(['delete', pod, '-n', 'shop']);
    expect(await printed('calm', 2)).toEqual([`${INJECTED} 2`, `${INJECTED} 2`]);
    await kubectl(['apply', '-f', '-'], JSON.stringify(workload('Deployment', 'newcomer', CALM, ASKS)));
    expect(await printed('newcomer', 1)).toEqual(['backend undefined release undefined']);

    const generation = await field('{.metadata.generation}', 'deployment/calm');
    startOperator();
    await eventually(
      'the newcomer to be injected',
      async () => (await field('{.spec.template}', 'deployment/newcomer')).includes('openlit'),
      120,
    );
    expect(await printed('newcomer', 1)).toEqual([`${INJECTED} undefined`]);
    expect(await field('{.metadata.generation}', 'deployment/calm')).toBe(generation);
  }, 1_200_000);
});
