import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../api/kube-object.ts';
import { appsIn } from '../support/cluster/apps.ts';
import { auditEvents, auditMark, line, operatorWrites } from '../support/cluster/audit-log.ts';
import { getObject, must } from '../support/cluster/installation.ts';
import { settled, writesSince } from '../support/cluster/operator-writes.ts';
import { useInstallation } from '../support/cluster/use-installation.ts';
import { eventually } from '../support/time/eventually.ts';

const cluster = useInstallation({ namespaces: ['demo'] });

const manifest = (name: string, containers = '[{name: app, image: "app:1", env: [{name: KEEP, value: me}]}]'): string =>
  `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: demo}
spec:
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec:
      containers: ${containers}
`;
const { annotate, events, get, managers, observed, replicaSets, statusLine, variables } = appsIn(cluster, 'demo');
const injected = (name: string): Promise<unknown> =>
  eventually(
    `${name} to be injected`,
    async () => (await statusLine(name)).startsWith('Injected') && !(await managers(name)).includes('duotel'),
  );

describe('kubectl apply --server-side', () => {
  it('finds nothing to change when it is run again beside the operator', async () => {
    const versions = (): Promise<string> =>
      must(cluster, ['get', 'statefulsets,services,configmaps', '-n', 'duotel', '-o', 'jsonpath={.items[*].metadata.resourceVersion}']);
    // Nobody else is to write meanwhile: not the operator, which notes its default stack, nor the controllers, which begin with their statuses.
    const before = await eventually('nothing to change by itself', async () => {
      const seen = await versions();
      await sleep(3000);
      return (await versions()) === seen && seen;
    });
    await must(cluster, ['apply', '--server-side', '-f', cluster.dist]);
    expect(await versions()).toBe(before);
  });
});

describe('an annotated Deployment', () => {
  it('gets its variables in one write and one release, and nothing after that', async () => {
    await must(cluster, ['apply', '-f', '-'], manifest('my-rag'));
    const before = await eventually('its ReplicaSet', async () => (await replicaSets('my-rag'))[0] || undefined);
    const mark = auditMark(cluster.auditLog);
    await annotate('my-rag', 'duotel.io/backend=both', 'duotel.io/bootstrap=python');
    await injected('my-rag');
    await sleep(1500);
    const writes = operatorWrites(auditEvents(cluster.auditLog, mark))
      .filter(({ namespace }) => namespace === 'demo')
      .map(line);
    expect(writes.filter((one) => one.includes('deployments'))).toEqual(['patch deployments demo/my-rag', 'patch deployments demo/my-rag']);
    expect(writes.filter((one) => one.includes('configmaps'))).toHaveLength(2);
    expect(await variables('my-rag')).toEqual(
      expect.arrayContaining(['OBSERVABILITY_BACKEND', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'PYTHONPATH', 'KEEP']),
    );
    expect(await managers('my-rag')).not.toContain('duotel');
    await eventually('its event', async () => (await events('my-rag')).includes('Normal Injected: '));
    await observed('my-rag');
    expect((await replicaSets('my-rag')).filter((name) => name !== before)).toHaveLength(1);
  });

  it('finds the files it mounts in its namespace, also after somebody deleted them', async () => {
    const copies = async (): Promise<readonly string[]> =>
      (await must(cluster, ['get', 'configmaps', '-n', 'demo', '-l', 'duotel.io/files', '-o', 'name'])).trim().split('\n');
    expect(await copies()).toHaveLength(2);
    await must(cluster, ['delete', 'configmaps', '-n', 'demo', '-l', 'duotel.io/files']);
    await eventually('both to be back', async () => (await copies()).length === 2);
  });

  it('is counted on its TelemetryStack', async () => {
    await eventually('the count', async () =>
      JSON.stringify((await getObject<KubeObject>(cluster, 'tstack/duotel'))?.['status']).includes('"injected":1'),
    );
  });

  it('gets back a variable that somebody took away', async () => {
    await must(cluster, ['set', 'env', 'deployment/my-rag', '-n', 'demo', 'OBSERVABILITY_BACKEND-']);
    await eventually('it to be back', async () => (await variables('my-rag')).includes('OBSERVABILITY_BACKEND'));
  });

  it('changes its mode in one rollout', async () => {
    await observed('my-rag');
    const before = (await replicaSets('my-rag')).length;
    await annotate('my-rag', 'duotel.io/backend=openinference');
    await eventually('the new mode', async () => (await statusLine('my-rag')) === 'Injected openinference');
    await observed('my-rag');
    await sleep(1000);
    expect((await replicaSets('my-rag')).length).toBe(before + 1);
  });

  it('is what it was after the annotation is removed: same template, same ReplicaSet, nothing of ours left', async () => {
    await must(cluster, ['apply', '-f', '-'], manifest('round-trip'));
    const before = await eventually('its ReplicaSet', async () => (await replicaSets('round-trip'))[0] || undefined);
    const template = (await get('round-trip')).spec.template;
    await annotate('round-trip', 'duotel.io/backend=both', 'duotel.io/bootstrap=python');
    await injected('round-trip');
    await observed('round-trip');
    await annotate('round-trip', 'duotel.io/backend-', 'duotel.io/bootstrap-');
    await eventually(
      'it to be reverted',
      async () => !(await variables('round-trip')).includes('OBSERVABILITY_BACKEND') && !(await managers('round-trip')).includes('duotel'),
    );
    const after = await get('round-trip');
    expect(after.spec.template).toEqual(template);
    expect(Object.keys(after.metadata.annotations ?? {}).filter((key) => key.startsWith('duotel.io/'))).toEqual([]);
    // The one of the Deployment's own revision is the one that it scales up.
    const current = await eventually('its ReplicaSet', async () => {
      const revision = (await get('round-trip')).metadata.annotations?.['deployment.kubernetes.io/revision'];
      const path = 'jsonpath={range .items[*]}{.metadata.annotations.deployment\\.kubernetes\\.io/revision} {.metadata.name}{"\\n"}{end}';
      const lines = (await must(cluster, ['get', 'rs', '-n', 'demo', '-l', 'app=round-trip', '-o', path])).split('\n');
      return revision === '3' && lines.find((one) => one.startsWith(`${revision} `))?.split(' ')[1];
    });
    expect(`replicaset.apps/${current}`).toBe(before);
  });

  it('may have its container renamed by a server-side apply, and is injected into the new one', async () => {
    const apply = (name: string): Promise<string> =>
      must(
        cluster,
        ['apply', '--server-side', '--field-manager=flux', '-f', '-'],
        manifest('renamed', `[{name: ${name}, image: "app:1"}]`),
      );
    await apply('old');
    await annotate('renamed', 'duotel.io/backend=openlit');
    await injected('renamed');
    await apply('new');
    await eventually('the new container to be injected', async () => {
      const containers = (await get('renamed')).spec.template.spec.containers;
      return (
        containers.length === 1 && containers[0]?.name === 'new' && containers[0].env?.some(({ name }) => name === 'OBSERVABILITY_BACKEND')
      );
    });
  });

  it('is injected by the annotation of its Namespace, and not when it says none itself', async () => {
    await must(cluster, ['create', 'namespace', 'team']);
    await must(cluster, ['apply', '-f', '-'], manifest('follows').replace('namespace: demo', 'namespace: team'));
    await must(
      cluster,
      ['apply', '-f', '-'],
      manifest('declines').replace('namespace: demo', 'namespace: team, annotations: {duotel.io/backend: none}'),
    );
    await must(cluster, ['annotate', 'namespace/team', 'duotel.io/backend=both']);
    const status = async (name: string): Promise<string | undefined> =>
      (await getObject<KubeObject>(cluster, `deployment/${name}`, 'team'))?.metadata.annotations?.['duotel.io/status'];
    await eventually('the one that follows to be injected', async () => (await status('follows')) === 'Injected both');
    await sleep(1000);
    expect(await status('declines')).toBeUndefined();
  });
});

describe('an annotated StatefulSet, DaemonSet or CronJob', () => {
  const pod = 'metadata: {labels: {app: x}}, spec: {restartPolicy: RESTART, containers: [{name: app, image: "app:1"}]}';
  const kinds: readonly (readonly [string, string, string])[] = [
    ['statefulset', 'apps/v1', `{serviceName: x, selector: {matchLabels: {app: x}}, template: {${pod.replace('RESTART', 'Always')}}}`],
    ['daemonset', 'apps/v1', `{selector: {matchLabels: {app: x}}, template: {${pod.replace('RESTART', 'Always')}}}`],
    ['cronjob', 'batch/v1', `{schedule: "0 0 1 1 *", jobTemplate: {spec: {template: {${pod.replace('RESTART', 'Never')}}}}}`],
  ];
  const KIND: Readonly<Record<string, string>> = { statefulset: 'StatefulSet', daemonset: 'DaemonSet', cronjob: 'CronJob' };

  it('is injected and reverted', async () => {
    for (const [resource, apiVersion, spec] of kinds) {
      await must(
        cluster,
        ['apply', '-f', '-'],
        `apiVersion: ${apiVersion}\nkind: ${KIND[resource]}\nmetadata: {name: x, namespace: demo}\nspec: ${spec}\n`,
      );
      const text = async (): Promise<string> => JSON.stringify((await getObject<KubeObject>(cluster, `${resource}/x`, 'demo'))?.['spec']);
      const before = await text();
      await must(cluster, ['annotate', `${resource}/x`, '-n', 'demo', 'duotel.io/backend=both']);
      await eventually(`${resource} to be injected`, async () => (await text()).includes('OBSERVABILITY_BACKEND'));
      await must(cluster, ['annotate', `${resource}/x`, '-n', 'demo', 'duotel.io/backend-']);
      await eventually(`${resource} to be as before`, async () => (await text()) === before);
    }
  });
});

describe('a mistake', () => {
  const untouched = async (
    name: string,
    containers: string | undefined,
    annotations: readonly string[],
    expected: readonly string[],
  ): Promise<void> => {
    await must(cluster, ['apply', '-f', '-'], manifest(name, containers));
    const template = (await get(name)).spec.template;
    await annotate(name, ...annotations);
    const said = await eventually('the status', async () => {
      const text = await statusLine(name);
      if (!expected.every((part) => text.includes(part))) throw new Error(text);
      return text;
    });
    for (const part of expected) expect(said).toContain(part);
    expect((await get(name)).spec.template).toEqual(template);
    await eventually('its event', async () => /^Warning /m.test(await events(name)));
  };

  it('in the value of an annotation is told with the nearest valid one', () =>
    untouched('wrong-value', undefined, ['duotel.io/backend=botth'], ['Blocked InvalidAnnotation', 'botth', 'both']));

  it('in the name of an annotation is told with the nearest valid one', () =>
    untouched(
      'wrong-key',
      undefined,
      ['duotel.io/backend=both', 'duotel.io/bootsrap=python'],
      ['Blocked InvalidAnnotation', 'duotel.io/bootstrap'],
    ));

  it('in the name of a container is told with the nearest valid one', () =>
    untouched('wrong-container', undefined, ['duotel.io/backend=both', 'duotel.io/containers=ap'], ['Blocked UnknownContainer', 'app']));

  it('on a Namespace is told there, and its correction injects', async () => {
    await must(cluster, ['create', 'namespace', 'typo']);
    await must(cluster, ['apply', '-f', '-'], manifest('later').replace('namespace: demo', 'namespace: typo'));
    await must(cluster, ['annotate', 'namespace/typo', 'duotel.io/backend=both', 'duotel.io/bootsrap=python']);
    const events = async (): Promise<string> =>
      must(cluster, [
        'get',
        'events',
        '-n',
        'default',
        '--field-selector',
        'involvedObject.name=typo',
        '-o',
        'jsonpath={.items[*].message}',
      ]);
    await eventually('the event', async () => (await events()).includes('duotel.io/bootstrap'));
    await must(cluster, ['annotate', 'namespace/typo', 'duotel.io/bootsrap-']);
    await eventually(
      'it to be injected',
      async () =>
        (await getObject<KubeObject>(cluster, 'deployment/later', 'typo'))?.metadata.annotations?.['duotel.io/status'] === 'Injected both',
    );
  });

  it('is to have two containers and no choice', () =>
    untouched(
      'two',
      '[{name: api, image: "a:1"}, {name: worker, image: "a:1"}]',
      ['duotel.io/backend=both'],
      ['Blocked AmbiguousContainer', 'api', 'worker'],
    ));

  it('that is corrected is injected', async () => {
    await annotate('two', 'duotel.io/containers=worker');
    await injected('two');
    expect(await variables('two', 0)).toEqual([]);
    expect(await variables('two', 1)).toContain('OBSERVABILITY_BACKEND');
  });
});

describe('the operator', () => {
  it('writes nothing when it starts again and all is as it should be', async () => {
    await settled(cluster);
    await cluster.stopOperator();
    const mark = auditMark(cluster.auditLog);
    await cluster.startOperator();
    await sleep(5000);
    expect(writesSince(cluster, mark)).toEqual([]);
  });

  it('takes back, after a stop, what lost its annotation meanwhile', async () => {
    await cluster.stopOperator();
    await annotate('my-rag', 'duotel.io/backend-', 'duotel.io/bootstrap-');
    await cluster.startOperator();
    await eventually('my-rag to be reverted', async () => !(await variables('my-rag')).includes('OBSERVABILITY_BACKEND'));
    expect(await variables('my-rag')).toEqual(['KEEP']);
  });

  it('was never refused a request and never failed', () => {
    const events = auditEvents(cluster.auditLog).filter(({ userAgent }) => userAgent === 'duotel');
    expect(events.filter(({ code }) => code === 403).map(line)).toEqual([]);
    expect(cluster.operator.log.filter(({ level }) => level === 'fatal')).toEqual([]);
  });
});
