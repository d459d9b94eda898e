import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../tools/cluster/control-plane.ts';
import { readState } from '../../tools/cluster/state.ts';
import { isRunning } from '../../tools/lib/process-identity.ts';
import { auditLines } from '../support/cluster/audit-log.ts';

describe('a control plane for tests', () => {
  let cluster: ControlPlane;

  beforeAll(async () => {
    cluster = await startControlPlane({ audit: true });
  }, 30 * 60_000);

  afterAll(async () => {
    await cluster?.stop();
  });

  it('is a Kubernetes 1.36 API server', async () => {
    const { stdout } = await cluster.kubectl(['version', '--output=json']);
    expect(JSON.parse(stdout).serverVersion.gitVersion).toMatch(/^v1\.36\./);
  });

  it('creates a namespace, and its controllers give it a service account', async () => {
    const created = await cluster.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }),
    );
    expect(created).toMatchObject({ code: 0, stdout: 'namespace/shop created\n' });
    const account = await cluster.kubectl(['wait', '--for=create', 'serviceaccount/default', '--namespace=shop', '--timeout=120s']);
    expect(account.code).toBe(0);
  });

  it('refuses a pod that breaks restricted Pod Security where the namespace enforces it', async () => {
    await cluster.kubectl(['label', 'namespace/shop', 'pod-security.kubernetes.io/enforce=restricted']);
    const { code, stderr } = await cluster.kubectl(['run', 'p', '--namespace=shop', '--image=x', '--privileged']);
    expect(code).not.toBe(0);
    expect(stderr).toContain('violates PodSecurity "restricted');
  });

  it('has the creation in its audit log, at level Metadata and without bodies', () => {
    const events = auditLines(cluster.auditLog).map((line) => JSON.parse(line));
    const creation = events.find(
      (event) => event.verb === 'create' && event.objectRef?.resource === 'namespaces' && event.objectRef?.name === 'shop',
    );
    expect(creation).toMatchObject({
      level: 'Metadata',
      stage: 'ResponseComplete',
      user: { username: 'admin' },
      responseStatus: { code: 201 },
    });
    expect(creation).not.toHaveProperty('requestObject');
  });

  it('runs beside a second one', async () => {
    const second = await startControlPlane({ audit: false });
    try {
      const { code, stdout } = await second.kubectl(['get', 'namespace', '--output=name']);
      expect(code).toBe(0);
      expect(stdout).not.toContain('namespace/shop');
    } finally {
      await second.stop();
    }
  });

  it('leaves no process and no file when it is stopped, also when stopped twice', async () => {
    const folder = dirname(cluster.kubeconfig);
    const identities = Object.values(readState(folder)?.processes ?? {});
    expect(identities).toHaveLength(3);
    await cluster.stop();
    await cluster.stop();
    expect(identities.filter(isRunning)).toEqual([]);
    expect(existsSync(folder)).toBe(false);
  });
});
