import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { auditLines, auditMark } from '../support/cluster/audit-log.ts';
import { getObject, must, tokenKubeconfig } from '../support/cluster/installation.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { type CliResult, cli } from '../support/processes/cli.ts';
import { eventually } from '../support/time/eventually.ts';

/** ReplicaSets of what Git injected, before any operator ran. */
let applied: readonly string[];
const cluster = useInstallation({ until: 'cluster', namespaces: ['demo'] });

function manifest(name: string, annotations: Readonly<Record<string, string>> = {}): string {
  return `# ${name}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: demo
  labels: {app: ${name}}
  annotations: ${JSON.stringify(annotations)}
spec:
  replicas: 1
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers:
        - name: app
          image: example/app:1   # pinned
          env:
            - {name: OTEL_SERVICE_NAME, value: my-own-name}
`;
}

const run = (...args: readonly string[]): Promise<CliResult> => cli(args, { kubeconfig: cluster.kubeconfig });
const deployment = async (name: string): Promise<KubeObject | undefined> => getObject<KubeObject>(cluster, `deployment/${name}`, 'demo');
const annotationsOf = async (name: string) => (await deployment(name))?.metadata.annotations ?? {};
const replicaSets = (name: string): Promise<string> =>
  must(cluster, [
    'get',
    'replicasets',
    '-n',
    'demo',
    '-l',
    `app=${name}`,
    '-o',
    'jsonpath={range .items[*]}{.metadata.name} {.spec.replicas}{"\\n"}{end}',
  ]);

async function rolledOut(name: string): Promise<void> {
  await eventually(`${name} to have a ReplicaSet of its present template`, async () => {
    const live = await deployment(name);
    return (live?.['status'] as { observedGeneration?: number } | undefined)?.observedGeneration === live?.metadata.generation;
  });
}

/** Requests that changed something, by programs of ours that are not the operator. */
function writesSince(mark: number): readonly string[] {
  return auditLines(cluster.auditLog, mark)
    .map(
      (line) => JSON.parse(line) as { verb: string; userAgent?: string; requestURI: string; stage: string; user?: { username?: string } },
    )
    .filter(({ userAgent, user }) => userAgent === 'duotel' && user?.username?.startsWith('system:serviceaccount:') !== true)
    .filter(({ verb, requestURI }) => !['get', 'list', 'watch'].includes(verb) && !requestURI.includes('dryRun=All'))
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}

describe('a cluster without an operator', () => {
  it('takes the output of duotel inject as it is, ConfigMaps with it', async () => {
    const yaml = await cli(['inject', '-f', '-', '--backend', 'both', '--bootstrap', 'python'], { input: manifest('from-git') });
    expect(yaml).toMatchObject({ code: 0, stderr: expect.stringMatching(/Deployment\/demo\/from-git: Injected both/) });
    await must(cluster, ['apply', '-f', '-'], yaml.stdout);
    const plain = JSON.parse(await must(cluster, ['create', '--dry-run=client', '-o', 'json', '-f', '-'], manifest('from-json')));
    const json = await cli(['inject', '-f', '-', '--backend', 'openlit'], { input: JSON.stringify(plain) });
    await must(cluster, ['apply', '-f', '-'], json.stdout);
    await rolledOut('from-git');
    await rolledOut('from-json');
    applied = await eventually('a ReplicaSet of each', async () => {
      const found = [await replicaSets('from-git'), await replicaSets('from-json')];
      return found.every((names) => names !== '') && found;
    });
    expect(await must(cluster, ['get', 'configmaps', '-n', 'demo', '-l', 'duotel.io/files', '-o', 'name'])).toMatch(
      /duotel-pricing-.*\n.*duotel-python-/,
    );
  });

  it('gets its templates back by duotel revert', async () => {
    await must(cluster, ['apply', '-f', cluster.dist]);
    await must(cluster, ['apply', '-f', '-'], manifest('alone'));
    await rolledOut('alone');
    const before = await replicaSets('alone');
    await must(cluster, ['annotate', 'deployment/alone', '-n', 'demo', 'duotel.io/backend=both']);
    await cluster.startOperator();
    await eventually('alone to be injected', async () => (await annotationsOf('alone'))['duotel.io/injected'] !== undefined);
    await cluster.stopOperator();
    const reverted = await run('revert', 'deploy/alone', '-n', 'demo');
    expect(reverted.stdout).toMatch(/Deployment\/demo\/alone: reverted by this command/);
    expect(Object.keys(await annotationsOf('alone')).filter((key) => key.startsWith('duotel.io/'))).toEqual([]);
    await rolledOut('alone');
    await eventually('the former ReplicaSet to be scaled up', async () => (await replicaSets('alone')).includes(before.trim()));
    expect(JSON.stringify((await deployment('alone'))?.metadata.managedFields)).not.toContain('"duotel"');
  });
});

describe('a cluster with an operator', () => {
  beforeAll(async () => {
    await cluster.startOperator();
    await must(cluster, ['apply', '-f', '-'], manifest('plain'));
    await rolledOut('plain');
  });

  it('adopts what Git injected without a rollout, and leaves its ConfigMaps', async () => {
    await eventually('the operator to have looked', async () => (await annotationsOf('from-git'))['duotel.io/status'] !== undefined);
    await eventually('the operator to have looked', async () => (await annotationsOf('from-json'))['duotel.io/status'] !== undefined);
    expect((await annotationsOf('from-git'))['duotel.io/status']).toMatch(/^Injected both/);
    await rolledOut('from-git');
    await rolledOut('from-json');
    expect([await replicaSets('from-git'), await replicaSets('from-json')]).toEqual(applied);
    expect((await run('plan', 'deploy/from-git', '-n', 'demo')).code).toBe(0);
    // An injection and a revert beside it make the operator look for ConfigMaps that nobody needs.
    await must(cluster, ['annotate', 'deployment/alone', '-n', 'demo', 'duotel.io/backend=openinference']);
    await eventually('alone to be injected', async () => (await annotationsOf('alone'))['duotel.io/injected'] !== undefined);
    await must(cluster, ['annotate', 'deployment/alone', '-n', 'demo', 'duotel.io/backend-']);
    await eventually('alone to be reverted', async () => (await annotationsOf('alone'))['duotel.io/injected'] === undefined);
    // It would delete them right after that write.
    await sleep(2000);
    expect(await must(cluster, ['get', 'configmaps', '-n', 'demo', '-l', 'duotel.io/files', '-o', 'name'])).toMatch(
      /duotel-pricing-.*\n.*duotel-python-/,
    );
  });

  it('shows a plan that the API server has tried, and nothing is written for it', async () => {
    const mark = auditMark(cluster.auditLog);
    const none = await run('plan', 'deploy/plain', '-n', 'demo');
    expect(none.code).toBe(0);
    const some = await run('plan', '-n', 'demo', '-l', 'app=plain', '--set-backend', 'both', '-o', 'json');
    expect(some.code).toBe(2);
    expect(JSON.parse(some.stdout).workloads).toMatchObject([{ name: 'plain', action: 'inject', effect: 'rollout', reason: 'Injected' }]);
    expect((await run('plan', '--set-backend', 'both')).stderr).toMatch(/name a workload, or pass -n or -l/);
    expect(writesSince(mark)).toEqual([]);
    expect((await deployment('plain'))?.metadata.generation).toBe(1);
  });

  it('explains each variable, whose it is and why', async () => {
    await must(cluster, ['annotate', 'deployment/plain', '-n', 'demo', 'duotel.io/backend=both']);
    await eventually('plain to be injected', async () => (await annotationsOf('plain'))['duotel.io/injected'] !== undefined);
    // Events come after what they tell of.
    const events = () =>
      must(cluster, ['get', 'events', '-n', 'demo', '--field-selector', 'involvedObject.name=plain', '-o', 'jsonpath={.items[*].reason}']);
    await eventually('its event', async () => (await events()).split(' ').includes('Injected'));
    const explained = JSON.parse((await run('explain', 'deploy/plain', '-n', 'demo', '-o', 'json')).stdout);
    expect(explained).toMatchObject({ object: 'Deployment/demo/plain', outcome: { reason: 'Injected' }, next: 'none' });
    const [container] = explained.containers;
    const variable = (name: string) => container.variables.find((one: { name: string }) => one.name === name);
    expect(variable('OBSERVABILITY_BACKEND')).toMatchObject({ value: 'both', owner: 'operator', state: 'present' });
    expect(variable('OTEL_SERVICE_NAME')).toMatchObject({ value: '<set by you>', owner: 'you', managers: ['kubectl-client-side-apply'] });
    expect(explained.history.map(({ reason }: { reason: string }) => reason)).toContain('Injected');
    const git = JSON.parse((await run('explain', 'deploy/from-git', '-n', 'demo', '-o', 'json')).stdout);
    expect(git.containers[0].variables[0]).toMatchObject({ owner: 'manifest' });
    const missing = await run('explain', 'deploy/plian', '-n', 'demo');
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/Deployment\/demo\/plian: there is no such workload\. Did you mean "plain"\?/),
    });
    expect((await run('explain', 'deploy/plain')).stderr).toMatch(/There is one in namespace demo: pass -n/);
  });

  it('gives a workload and a namespace back by duotel revert', async () => {
    await must(cluster, ['annotate', 'namespace/demo', 'duotel.io/backend=openlit']);
    await eventually('alone to be injected', async () => (await annotationsOf('alone'))['duotel.io/injected'] !== undefined);
    const one = await run('revert', 'deploy/alone', '-n', 'demo');
    expect(one).toMatchObject({ code: 0, stdout: expect.stringMatching(/Deployment\/demo\/alone: reverted by the operator/) });
    expect((await annotationsOf('alone'))['duotel.io/backend']).toBe('none');
    const mark = auditMark(cluster.auditLog);
    expect((await run('revert', '-n', 'demo', '--dry-run')).stdout).toMatch(/Namespace\/demo +remove annotations/);
    expect((await run('revert', '-n', 'demo')).stderr).toMatch(/pass --yes/);
    expect(writesSince(mark)).toEqual([]);
    const all = await run('revert', '-n', 'demo', '--yes');
    expect(all).toMatchObject({ code: 0 });
    await eventually('plain to be reverted', async () => (await annotationsOf('plain'))['duotel.io/injected'] === undefined);
    const template = (await deployment('plain'))?.['spec'] as { template: { spec: { containers: { env: unknown }[] } } };
    expect(template.template.spec.containers[0]?.env).toEqual([{ name: 'OTEL_SERVICE_NAME', value: 'my-own-name' }]);
    expect((await run('revert', '-n', 'demo', '--yes')).stdout).toMatch(/nothing to revert/);
  });

  it('leaves a workload alone whose annotation comes from Git', async () => {
    const flux = manifest('from-flux', { 'duotel.io/backend': 'both' });
    await must(cluster, ['apply', '--server-side', '--field-manager', 'kustomize-controller', '-f', '-'], flux);
    await eventually('from-flux to be injected', async () => (await annotationsOf('from-flux'))['duotel.io/injected'] !== undefined);
    const held = await run('revert', 'deploy/from-flux', '-n', 'demo');
    expect(held).toMatchObject({ code: 1, stdout: expect.stringMatching(/Flux has duotel\.io\/backend from Git and would bring it back/) });
    expect((await annotationsOf('from-flux'))['duotel.io/injected']).toBeDefined();
  });

  it('refuses a namespace that is not there, and a selector that matches nothing', async () => {
    for (const command of [['plan'], ['status'], ['revert', '--yes']]) {
      const typo = await run(...command, '-n', 'dmeo');
      expect(typo).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('namespace dmeo: there is no such namespace') });
    }
    expect(await run('plan', '-l', 'nothing=matches')).toMatchObject({ code: 1, stderr: expect.stringContaining('matches no workload') });
    const other = await run('plan', 'deploy/plain', '-n', 'demo', '-l', 'app=other');
    expect(other).toMatchObject({ code: 1, stderr: expect.stringContaining('matches not Deployment/demo/plain') });
  });

  it('answers somebody who may edit one namespace alone, or names the right that is missing', async () => {
    await must(cluster, ['create', 'serviceaccount', 'tenant', '-n', 'demo']);
    await must(cluster, ['create', 'rolebinding', 'tenant', '-n', 'demo', '--clusterrole=edit', '--serviceaccount=demo:tenant']);
    const kubeconfig = await tokenKubeconfig(cluster, 'tenant', 'demo');
    const asTenant = (...args: readonly string[]): Promise<CliResult> => cli(args, { kubeconfig });
    await must(cluster, ['annotate', 'deployment/plain', '-n', 'demo', 'duotel.io/backend=both']);
    await eventually('plain to be injected', async () => (await annotationsOf('plain'))['duotel.io/injected'] !== undefined);

    const status = await asTenant('status', '-n', 'demo', '-o', 'json');
    expect(JSON.parse(status.stdout)).toMatchObject({
      stacksSeen: false,
      notes: [expect.stringMatching(/you may not list telemetrystacks/)],
    });
    for (const command of ['plan', 'explain']) {
      const missing = await asTenant(command, 'deploy/plain', '-n', 'demo');
      expect(missing).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('you may not list telemetrystacks.duotel.io in namespace duotel'),
      });
    }
    expect((await asTenant('verify', '-n', 'demo')).stderr).toContain('you may not list pods in namespace duotel');

    await must(cluster, ['create', 'role', 'stack-viewer', '-n', 'duotel', '--verb=get,list', '--resource=telemetrystacks.duotel.io']);
    await must(cluster, ['create', 'rolebinding', 'tenant', '-n', 'duotel', '--role=stack-viewer', '--serviceaccount=demo:tenant']);
    expect((await asTenant('plan', '-n', 'demo')).stderr).toBe('');
    expect(await asTenant('explain', 'deploy/plain', '-n', 'demo')).toMatchObject({ code: 0, stdout: expect.stringContaining('Injected') });
    expect((await asTenant('revert', 'deploy/plain', '-n', 'demo')).stdout).toContain('plain: reverted by the operator');
  });

  it('brings a deleted stack back by the command that duotel status gives', async () => {
    await must(cluster, ['annotate', 'deployment/plain', '-n', 'demo', 'duotel.io/backend=both']);
    await eventually('plain to be injected', async () => (await annotationsOf('plain'))['duotel.io/injected'] !== undefined);
    const stack = async () => getObject<KubeObject>(cluster, 'tstack/duotel', 'duotel');
    const before = await stack();
    await must(cluster, ['delete', 'tstack/duotel', '-n', 'duotel']);
    await cluster.startOperator();
    await eventually('plain to wait', async () => (await annotationsOf('plain'))['duotel.io/status']?.includes('WaitingForStack'));
    expect(await run('plan', 'deploy/plain', '-n', 'demo')).toMatchObject({ code: 0, stdout: expect.stringContaining('WaitingForStack') });
    const [, read = [], write = []] =
      /kubectl (.*) \| kubectl (.*)/.exec((await run('status')).stdout)?.map((part) => part.split(' ')) ?? [];
    const unquoted = read.map((word) => word.replaceAll("'", ''));
    await must(cluster, write, await must(cluster, unquoted));
    expect((await stack())?.['spec']).toEqual(before?.['spec']);
    expect((await stack())?.metadata.managedFields?.map(({ manager }) => manager)).toContain('duotel-default');
    await eventually('plain to be injected', async () => (await annotationsOf('plain'))['duotel.io/status']?.startsWith('Injected'));
  });
});
