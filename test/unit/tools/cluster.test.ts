import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Authority, createAuthority } from '../../../tools/cluster/certificates.ts';
import { cgroupMounts } from '../../../tools/cluster/cgroups.ts';
import { mountsBelow } from '../../../tools/cluster/down.ts';
import { embeddedStack } from '../../../tools/cluster/embedded-stack.ts';
import { freePorts } from '../../../tools/cluster/free-ports.ts';
import { program } from '../../../tools/cluster/main.ts';
import { type Claim, plan, volumeFor } from '../../../tools/cluster/provisioner.ts';
import { checkClusterName, clusterNames, readState, stateRoot, writeState } from '../../../tools/cluster/state.ts';
import { findProgram, NODE_REQUIREMENTS, osReleaseField, planPackages } from '../../../tools/lib/packages.ts';
import { runOk } from '../../../tools/lib/run.ts';

describe('the certificates of a cluster', () => {
  let authority: Authority;
  let ca: X509Certificate;
  beforeAll(async () => {
    authority = await createAuthority('ca');
    ca = new X509Certificate(authority.certificate);
  });

  it('come from an authority and carry user, group and server names', async () => {
    const { certificate } = await authority.issue({
      subject: { commonName: 'admin', organization: 'system:masters' },
      names: ['10.88.0.1', 'kubernetes.default.svc'],
    });
    const leaf = new X509Certificate(certificate);
    expect(ca.ca).toBe(true);
    expect(leaf.ca).toBe(false);
    expect(leaf.verify(ca.publicKey)).toBe(true);
    expect(leaf.checkIssued(ca)).toBe(true);
    expect(leaf.subject).toBe('O=system:masters\nCN=admin');
    expect(leaf.checkIP('10.88.0.1')).toBe('10.88.0.1');
    expect(leaf.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc');
    expect(leaf.checkHost('example.org')).toBeUndefined();
  });

  it('are valid now and for 30 days, whatever the length of the serial number', async () => {
    for (let count = 0; count < 50; count++) {
      const { certificate } = await authority.issue({ subject: { commonName: 'x' } });
      const { validFromDate, validToDate } = new X509Certificate(certificate);
      expect(validFromDate.getTime()).toBeLessThan(Date.now());
      expect(Math.round((validToDate.getTime() - Date.now()) / 86_400_000)).toBe(30);
    }
  });

  it('are accepted on both sides of a TLS connection', async () => {
    const server = await authority.issue({ subject: { commonName: 'server' }, names: ['127.0.0.1'] });
    const client = await authority.issue({ subject: { commonName: 'client' } });
    const listener = createServer({
      key: server.key,
      cert: server.certificate,
      ca: authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
    });
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    const { port } = listener.address() as AddressInfo;
    const seen = new Promise((resolve) =>
      listener.once('secureConnection', (socket: TLSSocket) => resolve(socket.getPeerCertificate().subject.CN)),
    );
    const socket = connect({ port, host: '127.0.0.1', ca: authority.certificate, cert: client.certificate, key: client.key });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    expect(socket.authorized).toBe(true);
    expect(await seen).toBe('client');
    socket.destroy();
    listener.close();
  });
});

describe('missing packages', () => {
  const [first] = NODE_REQUIREMENTS;
  const missing = first === undefined ? [] : [first];

  it('are nothing to do when none is missing', () => {
    expect(planPackages([], { root: false, distributions: ['fedora'] })).toEqual({ action: 'none' });
  });

  it.each([['debian'], ['ubuntu', 'debian']])('are installed by root on %s', (...distributions) => {
    expect(planPackages(missing, { root: true, distributions })).toEqual({ action: 'install', packages: ['iproute2'] });
  });

  it('are an error with the command for a user without root', () => {
    expect(planPackages(missing, { root: false, distributions: ['debian'] })).toMatchObject({
      action: 'refuse',
      message: 'missing: ip, and only root may install packages',
      hint: expect.stringContaining('apt-get update && apt-get install --yes --no-install-recommends iproute2'),
    });
  });

  it('are an error that names them and --context elsewhere', () => {
    expect(planPackages(missing, { root: true, distributions: ['fedora'] })).toMatchObject({
      action: 'refuse',
      hint: expect.stringMatching(/iproute2.*--context/),
    });
  });

  it('are looked for by what they bring', () => {
    expect(findProgram('sh')).toMatch(/\/sh$/);
    expect(findProgram('duotel-no-such-program')).toBeUndefined();
    expect(osReleaseField('NAME="X"\nID=debian\nVERSION_CODENAME="bookworm"\n', 'VERSION_CODENAME')).toBe('bookworm');
  });
});

describe('the state of clusters', () => {
  it('is read as it was written, and only clusters with a state are listed', () => {
    const root = mkdtempSync(join(tmpdir(), 'duotel-state-'));
    try {
      const state = {
        name: 'a',
        tier: 'control',
        phase: 'starting',
        processes: { etcd: { pid: 1, start: '2' } },
        server: 's',
        kubeconfig: 'k',
      } as const;
      writeState(join(root, 'a'), state);
      writeFileSync(join(root, 'b.lock'), '');
      expect(readState(join(root, 'a'))).toEqual(state);
      expect(readState(join(root, 'b'))).toBeUndefined();
      expect(clusterNames(root)).toEqual(['a']);
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('lies in the checkout, or where DUOTEL_STATE_DIR says, always as an absolute path', () => {
    expect(stateRoot({})).toMatch(/^\/.*\.duotel\/cluster$/);
    expect(stateRoot({ DUOTEL_STATE_DIR: 'here' })).toBe(join(process.cwd(), 'here'));
  });

  it.each(['', 'A', '-a', 'a/b', '..', 'a'.repeat(33)])('has no cluster named "%s"', (name) =>
    expect(() => checkClusterName(name)).toThrow('is not valid'),
  );
});

describe('what a cluster leaves behind', () => {
  it('is found among the mounts, deepest first, also behind a space in the path', () => {
    const line = (path: string) => `36 25 0:30 / ${path} rw - tmpfs tmpfs rw`;
    const info = ['/', '/s/c', '/s/c/pod', '/s/cc', '/s/c/a\\040b'].map(line).join('\n');
    expect(mountsBelow(info, '/s/c')).toEqual(['/s/c/a b', '/s/c/pod', '/s/c']);
  });

  it('is found in every cgroup hierarchy of both versions', () => {
    const mounts = 'proc /proc proc rw 0 0\ncgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\ncgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n';
    expect(cgroupMounts(mounts)).toEqual([
      { path: '/sys/fs/cgroup/pids', version: 1 },
      { path: '/sys/fs/cgroup/unified', version: 2 },
    ]);
  });
});

describe('the volume provisioner', () => {
  const claim = (
    changes: { readonly storageClassName?: string; readonly volumeName?: string; readonly scheduled?: boolean } = {},
  ): Claim => ({
    metadata: {
      name: 'data',
      namespace: 'shop',
      uid: 'u1',
      annotations: changes.scheduled === false ? {} : { 'volume.kubernetes.io/selected-node': 'n1' },
    },
    spec: {
      storageClassName: changes.storageClassName ?? 'duotel-local',
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '2Gi' } },
      ...(changes.volumeName === undefined ? {} : { volumeName: changes.volumeName }),
    },
  });
  const volume = (phase: string, name = 'pvc-u1', storageClassName = 'duotel-local') => ({
    metadata: { name },
    spec: { storageClassName },
    status: { phase },
  });

  it('serves a claim of its class whose pod was given a node', () => {
    expect(plan([claim()], []).create).toHaveLength(1);
  });

  it.each([
    ['of another class', claim({ storageClassName: 'other' }), []],
    ['whose pod is not scheduled', claim({ scheduled: false }), []],
    ['that is bound', claim({ volumeName: 'pvc-u1' }), []],
    ['whose volume was just made', claim(), [volume('Available')]],
  ])('leaves alone a claim %s', (_, one, volumes) => expect(plan([one], volumes).create).toEqual([]));

  it('removes only its own volumes, and only when their claim is gone', () => {
    const volumes = [volume('Released'), volume('Bound', 'pvc-u2'), volume('Released', 'foreign', 'other')];
    expect(plan([], volumes).remove.map(({ metadata }) => metadata.name)).toEqual(['pvc-u1']);
  });

  it('makes a volume for exactly that claim, of the size and on the node asked for', () => {
    expect(volumeFor(claim(), '/v/pvc-u1')).toMatchObject({
      metadata: { name: 'pvc-u1' },
      spec: {
        capacity: { storage: '2Gi' },
        local: { path: '/v/pvc-u1' },
        claimRef: { namespace: 'shop', name: 'data', uid: 'u1' },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ['n1'] }] }] } },
      },
    });
  });
});

describe('free ports', () => {
  /** These first, then any: whichever ports the machine has taken, others are found. */
  const drawing = (...draws: readonly number[]): (() => number) => {
    const left = [...draws];
    return () => left.shift() ?? Math.random();
  };

  it('are distinct, although the same number was drawn twice', async () => {
    const ports = await freePorts(3, drawing(0.1, 0.1, 0.2));
    expect(new Set(ports).size).toBe(3);
    for (const port of ports) expect(port).toBeLessThan(32_000);
  });

  it('are given to nobody else while nothing listens on them yet, nor by another process', async () => {
    const [first = 0] = await freePorts(1);
    const draw = (first - 20_000 + 0.5) / 12_000;
    const [second = 0] = await freePorts(1, drawing(draw, draw));
    expect(second).not.toBe(first);

    const module = join(import.meta.dirname, '../../../tools/cluster/free-ports.ts');
    const program = `const { freePorts } = await import(${JSON.stringify(module)});
      const draws = [${draw}, ${draw}];
      console.log((await freePorts(1, () => draws.shift() ?? Math.random())).join());`;
    const { stdout } = await runOk(process.execPath, ['--input-type=module', '-e', program]);
    expect(Number(stdout)).toBeGreaterThanOrEqual(20_000);
    expect(Number(stdout)).not.toBe(first);
  });
});

describe('the command line', () => {
  const parse = (...args: string[]) => {
    const command = program();
    const quiet = (one: typeof command) => one.exitOverride().configureOutput({ writeErr: () => undefined });
    quiet(command);
    for (const sub of command.commands) quiet(sub);
    return command.parseAsync(args, { from: 'user' });
  };

  it.each([
    [['up', '--tier', 'nodes'], 'Allowed choices are control, node'],
    [['up', '--name', 'No'], 'cluster name "No" is not valid'],
    [['status', '--output', 'yaml'], 'Allowed choices are text, json'],
    [['upp'], 'Did you mean up?'],
  ])('refuses %j', async (args, message) => {
    await expect(parse(...args)).rejects.toThrow(message);
  });
});

describe('the stack on the embedded cluster', () => {
  it('uses local images, has no Grafana, and says why', () => {
    const { spec, operatorImage, note } = embeddedStack();
    expect(spec.grafana).toEqual({ mode: 'sidecar' });
    for (const image of [spec.collector.image, spec.jaeger.image, spec.prometheus.image, operatorImage])
      expect(image).toMatch(/^duotel\.local\//);
    expect(note).toContain('Grafana');
  });
});
