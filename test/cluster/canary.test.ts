import { beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { cli } from '../support/processes/cli.ts';
import { eventually } from '../support/time/eventually.ts';

/** Secrets of users, in every place of a workload, none of which may come out again; see docs/adr/0020. */
const CANARY = 'c4n4ry-7f3a91';

const cluster = useInstallation({ until: 'manifests', namespaces: ['demo'], clientSide: true });

interface Parts {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly containers?: readonly object[];
}

const container = (name: string) => ({
  name,
  image: `example/app:1`,
  command: ['/app', `--password=${CANARY}-command`],
  args: [`--token=${CANARY}-args`],
  env: [
    { name: 'API_KEY', value: `${CANARY}-env` },
    { name: 'OTEL_EXPORTER_OTLP_HEADERS', value: `authorization=${CANARY}-header` },
    { name: 'OTEL_RESOURCE_ATTRIBUTES', value: `key=${CANARY}-attributes` },
    { name: 'FROM_SECRET', valueFrom: { secretKeyRef: { name: 'canary', key: 'KEY' } } },
  ],
  envFrom: [{ secretRef: { name: 'canary' } }],
});

function deployment(name: string, { annotations = {}, containers = [container('app')] }: Parts = {}): string {
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: 'demo',
      labels: { app: name },
      annotations: { 'example.com/token': `${CANARY}-annotation`, ...annotations },
    },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name }, annotations: { 'example.com/pod-token': `${CANARY}-pod-annotation` } },
        spec: { containers },
      },
    },
  });
}

const BOTH = { 'duotel.io/backend': 'both' };

/** Refuses what the operator would do to deployments labelled app=refused, and repeats all that they hold. */
const POLICY = `apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: echo.example.com}
spec:
  failurePolicy: Fail
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}]
  matchConditions:
    - {name: refused, expression: "has(object.metadata.labels) && 'app' in object.metadata.labels && object.metadata.labels['app'].startsWith('refused')"}
  validations:
    - expression: "!('duotel.io/injected' in object.metadata.annotations)"
      messageExpression: >-
        'not with ' + object.spec.template.spec.containers[0].env.map(e, has(e.value) ? e.value : '').join(' ') + ' '
        + object.spec.template.spec.containers[0].args.join(' ') + ' ' + object.metadata.annotations['example.com/token']
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: echo.example.com}
spec: {policyName: echo.example.com, validationActions: [Deny]}
`;

const run = (...args: readonly string[]) => cli(args, { kubeconfig: cluster.kubeconfig });
const live = async (name: string): Promise<KubeObject | undefined> => getObject<KubeObject>(cluster, `deployment/${name}`, 'demo');
const statusOf = async (name: string): Promise<string> => (await live(name))?.metadata.annotations?.['duotel.io/status'] ?? '';
const hasStatus = (name: string, pattern: RegExp): Promise<unknown> =>
  eventually(`${name} to be ${pattern}`, async () => pattern.test(await statusOf(name)));

/** What the kubelet would write of the only pod of a deployment that has not this state yet. */
async function podStatus(name: string, status: object): Promise<void> {
  const pod = await eventually(`a new pod of ${name}`, async () => {
    const { items } = JSON.parse(await must(cluster, ['get', 'pods', '-n', 'demo', '-l', `app=${name}`, '-o', 'json'])) as {
      items: KubeObject[];
    };
    return items.find((one) => (one['status'] as { containerStatuses?: unknown }).containerStatuses === undefined);
  });
  const patch = JSON.stringify({ status });
  await must(cluster, ['patch', 'pod', pod.metadata.name, '-n', 'demo', '--subresource=status', '--type=merge', '-p', patch]);
}

const now = new Date().toISOString();
const READY = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now }],
  containerStatuses: [{ name: 'app', image: 'x', imageID: 'x', ready: true, restartCount: 0, state: { running: { startedAt: now } } }],
};
const CRASHED = {
  phase: 'Running',
  conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: now }],
  containerStatuses: [
    {
      name: 'app',
      image: 'x',
      imageID: 'x',
      ready: false,
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff', message: `back-off ${CANARY}-waiting` } },
      lastState: { terminated: { exitCode: 1, reason: 'Error', message: `${CANARY}-termination`, startedAt: now, finishedAt: now } },
    },
  ],
};

beforeAll(async () => {
  await must(cluster, ['apply', '-f', '-'], POLICY);
  await must(cluster, ['create', 'secret', 'generic', 'canary', '-n', 'demo', `--from-literal=KEY=${CANARY}-secret`]);
  const probe = deployment('refused-probe', { annotations: { 'duotel.io/injected': '{}' } });
  await eventually('the policy to be in force', async () => {
    const { code, stderr } = await cluster.kubectl(['create', '--dry-run=server', '-f', '-'], probe);
    return code !== 0 && stderr.includes(`${CANARY}-env`);
  });
  for (const text of [
    deployment('injected'),
    deployment('refused', { annotations: BOTH }),
    deployment('blocked', { annotations: BOTH, containers: [container('app'), container('second')] }),
    deployment('mistaken', { annotations: { 'duotel.io/backend': 'bth' } }),
    deployment('crashing'),
  ]) {
    await must(cluster, ['apply', '-f', '-'], text);
  }
  await podStatus('crashing', READY);
  // What fails where nothing was available before is not taken back.
  await eventually(
    'the pod to be available',
    async () => ((await live('crashing'))?.['status'] as { availableReplicas?: number } | undefined)?.availableReplicas === 1,
  );
  await cluster.startOperator();
});

describe('a secret in a workload', () => {
  it('is in none of the states that a workload can be in', async () => {
    await must(cluster, ['annotate', 'deployment/injected', 'deployment/crashing', '-n', 'demo', 'duotel.io/backend=both']);
    await hasStatus('injected', /^Injected/);
    await hasStatus('blocked', /AmbiguousContainer/);
    await hasStatus('mistaken', /InvalidAnnotation/);
    await hasStatus(
      'refused',
      /WriteRefused: ValidatingAdmissionPolicy "echo\.example\.com" \(binding "echo\.example\.com"\) denied the change/,
    );
    await hasStatus('crashing', /^Injected/);
    await podStatus('crashing', CRASHED);
    await hasStatus('crashing', /RolledBack: .*CrashLoopBackOff|RolledBack: .*crashed 3 times/);

    for (const name of ['injected', 'refused', 'blocked', 'mistaken', 'crashing']) {
      const ours = Object.entries((await live(name))?.metadata.annotations ?? {}).filter(([key]) => key.startsWith('duotel.io/'));
      expect(JSON.stringify(ours)).not.toContain(CANARY);
    }
  });

  it('is in no log line at any level, no event and no metric', async () => {
    expect(cluster.operator.log.length).toBeGreaterThan(5);
    expect(JSON.stringify(cluster.operator.log)).not.toContain(CANARY);
    const wanted = ['Injected', 'WriteRefused', 'AmbiguousContainer', 'RolledBack'];
    // Events come after what they tell of.
    const ours = await eventually('the events', async () => {
      const { items } = JSON.parse(await must(cluster, ['get', 'events', '-A', '-o', 'json'])) as { items: KubeObject[] };
      const found = items.filter((event) => (event['source'] as { component?: string }).component === 'duotel');
      return wanted.every((reason) => found.some((event) => event['reason'] === reason)) && found;
    });
    expect(ours.map((event) => event['reason'])).toEqual(expect.arrayContaining(wanted));
    expect(JSON.stringify(ours)).not.toContain(CANARY);
    await eventually('the counts', async () => /duotel_workloads\{/.test((await cluster.operator.metrics()) ?? ''));
    expect(await cluster.operator.metrics()).toMatch(/duotel_workloads\{/);
    expect(await cluster.operator.metrics()).not.toContain(CANARY);
    expect(await must(cluster, ['get', 'telemetrystacks', '-A', '-o', 'json'])).not.toContain(CANARY);
  });

  it('is in no output of a command', async () => {
    const outputs: string[] = [];
    const show = async (...args: readonly string[]): Promise<string> => {
      const { stdout, stderr } = await run(...args);
      outputs.push(stdout, stderr);
      return stdout;
    };
    // Data first: it holds more than the table. Each is a process of its own, which takes its time on a busy machine.
    await Promise.all(
      ['injected', 'refused', 'blocked', 'mistaken', 'crashing'].map(async (name) => {
        expect(await show('explain', `deploy/${name}`, '-n', 'demo', '-o', 'json')).toContain('API_KEY');
      }),
    );
    expect(await show('explain', 'deploy/injected', '-n', 'demo')).toContain('API_KEY');
    for (const output of ['table', 'json']) {
      expect(await show('plan', '-n', 'demo', '--set-backend', 'openlit', '-o', output)).toContain('denied the change');
      expect(await show('status', '-o', output)).toContain('WriteRefused');
      await show('revert', '-n', 'demo', '--dry-run', '-o', output);
    }
    await show('verify', '-n', 'demo', '-o', 'json');
    await show('uninstall', '--revert', '--dry-run', '-o', 'json');
    const file = deployment('from-file', { annotations: BOTH });
    const written = await cli(['inject', '-f', '-'], { input: file });
    outputs.push(written.stderr, (await cli(['explain', '-f', '-'], { input: written.stdout })).stdout);
    // What is the user's own in the manifest stays in it, and nowhere else: what was added holds none of it.
    expect(written.stdout.split(CANARY)).toHaveLength(file.split(CANARY).length);
    expect(outputs.join('')).not.toContain(CANARY);
  });
});
