import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cgroupMounts, cgroupProcesses } from '../../tools/cluster/cgroups.ts';
import { type Cluster, downCluster, upCluster } from '../../tools/cluster/cluster.ts';
import { mountsBelow } from '../../tools/cluster/down.ts';
import { netnsPath } from '../../tools/cluster/network.ts';
import { clusterFolder } from '../../tools/cluster/state.ts';
import { clusterStatus } from '../../tools/cluster/status.ts';
import { LOCAL_IMAGES } from '../../tools/images/images.ts';
import { endProcesses, isRunning } from '../../tools/lib/process-identity.ts';
import { eventually } from '../support/time/eventually.ts';

/** Not the default name: the demo's cluster may run beside this one. */
const NAME = 'e2e-embedded';
const UP_LIMIT_MS = 40 * 60_000;

const restricted = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };

/** A pod that restricted Pod Security admits, with the claim `data` at /data. */
function pod(
  name: string,
  image: string,
  command: readonly string[] | undefined,
  extra: { readonly data?: boolean; readonly readinessProbe?: object } = {},
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: name } },
    spec: {
      automountServiceAccountToken: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        fsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'main',
          image,
          imagePullPolicy: 'IfNotPresent',
          ...(command === undefined ? {} : { command }),
          env: [{ name: 'HOME', value: '/tmp' }],
          securityContext: restricted,
          ...(extra.readinessProbe === undefined ? {} : { readinessProbe: extra.readinessProbe }),
          volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...(extra.data === true ? [{ name: 'data', mountPath: '/data' }] : [])],
        },
      ],
      volumes: [
        { name: 'tmp', emptyDir: {} },
        ...(extra.data === true ? [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] : []),
      ],
    },
  };
}

const PYTHON =
  'import llama_index.core, openlit, time; open("/data/seen", "w").write("kept"); print("imported", flush=True); time.sleep(100000)';

const NAMESPACE = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'shop', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
};

const OBJECTS = [
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
  pod('python', LOCAL_IMAGES.ragPython, ['python', '-c', PYTHON], { data: true }),
  pod('node', LOCAL_IMAGES.node, ['node', '-e', 'console.log(process.version); setInterval(() => {}, 1000)']),
  pod('openai', LOCAL_IMAGES.fakeOpenai, undefined, { readinessProbe: { httpGet: { path: '/healthz', port: 8080 }, periodSeconds: 1 } }),
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'openai' },
    spec: { selector: { app: 'openai' }, ports: [{ port: 80, targetPort: 8080 }] },
  },
];

describe('the embedded cluster', () => {
  let cluster: Cluster;
  const kubectl = async (...args: string[]) => {
    const result = await cluster.kubectl(['--namespace=shop', ...args], '', 300_000);
    expect(result).toMatchObject({ code: 0 });
    return result.stdout;
  };

  beforeAll(async () => {
    cluster = await upCluster(NAME);
    for (const object of [NAMESPACE, ...OBJECTS]) {
      expect(
        await cluster.kubectl(['apply', '-f', '-', ...(object === NAMESPACE ? [] : ['--namespace=shop'])], JSON.stringify(object)),
      ).toMatchObject({ code: 0 });
    }
    await kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=290s');
  }, UP_LIMIT_MS);

  afterAll(async () => {
    await downCluster(NAME);
  });

  it('has one Ready node and every process running', async () => {
    const status = await clusterStatus(NAME);
    expect(status).toMatchObject({ phase: 'ready', nodes: [{ name: 'n1', ready: true }], pods: { total: 3, ready: 3 } });
    expect(status.processes.filter(({ running }) => !running)).toEqual([]);
  });

  it('runs the real LlamaIndex and OpenLIT in a restricted pod, and its volume is writable for the group 10001', async () => {
    await eventually('the import', async () => (await kubectl('logs', 'python')).includes('imported'), 240);
    expect(await kubectl('logs', 'python')).toBe('imported\n');
    expect(await kubectl('exec', 'python', '--', 'cat', '/data/seen')).toBe('kept');
    expect(await kubectl('get', 'pvc', 'data', '--output=jsonpath={.status.phase} {.spec.storageClassName}')).toBe('Bound duotel-local');
  });

  it('runs Node 24 in the image that stands in for the official one', async () => {
    const version = await eventually('what it prints', async () => (await kubectl('logs', 'node')) || undefined, 60);
    expect(version).toMatch(/^v24\./);
  });

  it('lets a pod reach a Service by its name', async () => {
    const script = "fetch('http://openai.shop.svc/healthz').then(async (answer) => console.log(answer.status, await answer.text()))";
    // The names and addresses of Services are known on the node some time after their pods are ready.
    const said = await eventually('an answer', () => kubectl('exec', 'node', '--', 'node', '-e', script), 60);
    expect(said).toBe('200 {"ok": true}\n');
  });

  it('lets a command that runs inside the cluster reach a Service address', async () => {
    const address = await kubectl('get', 'service', 'openai', '--output=jsonpath={.spec.clusterIP}');
    const script = `fetch('http://${address}/healthz').then((answer) => console.log(answer.status))`;
    const said = await eventually('an answer', async () => (await cluster.run(process.execPath, ['-e', script])).stdout || undefined, 60);
    expect(said).toBe('200\n');
  });

  it(
    'is left as it is by a second start',
    async () => {
      const again = await upCluster(NAME);
      expect(again.state).toEqual(cluster.state);
    },
    UP_LIMIT_MS,
  );

  it('removes a volume and its folder with the claim', async () => {
    await kubectl('delete', 'pod', 'python', '--grace-period=1');
    await kubectl('delete', 'pvc', 'data');
    await eventually('the volume to be gone', async () => (await kubectl('get', 'persistentvolumes', '-o', 'name')) === '', 120);
    const folders = () => readdirSync(join(clusterFolder(NAME), 'volumes'));
    await eventually('its folder to be gone', async () => expect(folders()).toEqual([]) ?? true);
  });

  it('is seen broken when its kubelet has died, and leaves nothing when it is ended in that state with pods running', async () => {
    const folder = clusterFolder(NAME);
    const { processes, cgroup = '', netns = '' } = cluster.state;
    await endProcesses(processes['kubelet'] === undefined ? [] : [processes['kubelet']], 0);
    expect((await clusterStatus(NAME)).phase).toBe('broken');
    expect(cgroupProcesses(cgroup).length).toBeGreaterThan(0);
    await cluster.down();
    expect(Object.values(processes).filter(isRunning)).toEqual([]);
    expect(cgroupProcesses(cgroup)).toEqual([]);
    expect(cgroupMounts(readFileSync('/proc/mounts', 'utf8')).filter(({ path }) => existsSync(join(path, cgroup)))).toEqual([]);
    expect(mountsBelow(readFileSync('/proc/self/mountinfo', 'utf8'), folder)).toEqual([]);
    expect(existsSync(netnsPath(netns))).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });
});
