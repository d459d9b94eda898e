import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { IMAGES } from '../../api/images.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { V8_FLAGS } from '../../charts/operator.ts';
import { synthesize } from '../support/cluster/installation.ts';

const { dist, remove } = synthesize();
const files = readdirSync(dist).sort();
const objects = files.flatMap((file) =>
  parseAllDocuments(readFileSync(join(dist, file), 'utf8')).map((document) => document.toJS() as KubeObject),
);
const podSpecs = objects.flatMap((object) => {
  const spec = (object['spec'] as { template?: { spec?: Record<string, unknown> } } | undefined)?.template?.spec;
  return spec === undefined ? [] : [{ name: `${object.kind}/${object.metadata.name}`, spec }];
});

afterAll(remove);

describe('dist', () => {
  it('has the same bytes each time', () => {
    const again = synthesize();
    try {
      expect(readdirSync(again.dist).sort()).toEqual(files);
      for (const file of files) expect(readFileSync(join(again.dist, file)).equals(readFileSync(join(dist, file)))).toBe(true);
    } finally {
      again.remove();
    }
  });

  it('has the namespace and the CRD in the file that kubectl takes first', () => {
    const first = parseAllDocuments(readFileSync(join(dist, files[0] ?? ''), 'utf8')).map(
      (document) => (document.toJS() as KubeObject).kind,
    );
    expect(first).toEqual(['Namespace', 'CustomResourceDefinition']);
  });

  it('has no custom resource and no Secret', () => {
    expect(objects.filter(({ kind, apiVersion }) => kind === 'Secret' || apiVersion.startsWith('duotel.io/'))).toEqual([]);
  });

  it('has no object near the size that client-side apply refuses (262,144 bytes)', () => {
    expect(objects.filter((object) => JSON.stringify(object).length > 200_000).map(({ metadata }) => metadata.name)).toEqual([]);
  });

  it("has the operator's program in four ConfigMaps at most", () => {
    const parts = objects.filter((object) => Object.keys(object['binaryData'] ?? {}).some((key) => key.startsWith('part-')));
    expect(parts.map(({ kind }) => kind)).toEqual(parts.map(() => 'ConfigMap'));
    expect(parts.length).toBeGreaterThan(0);
    expect(parts.length).toBeLessThanOrEqual(4);
  });

  it('pins every image by tag and digest', () => {
    const images = podSpecs.flatMap(({ spec }) => (spec['containers'] as { image: string }[]).map(({ image }) => image));
    expect(images).toHaveLength(5);
    for (const image of images) expect(image).toMatch(/^[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
  });

  it('runs every pod without rights it does not need', () => {
    expect(podSpecs).toHaveLength(5);
    for (const { name, spec } of podSpecs) {
      expect([name, spec['enableServiceLinks'], spec['securityContext']]).toMatchObject([
        name,
        false,
        { runAsNonRoot: true, runAsUser: expect.any(Number), seccompProfile: { type: 'RuntimeDefault' } },
      ]);
      expect(spec['automountServiceAccountToken']).toBe(name === 'Deployment/duotel-operator');
      expect(spec['serviceAccountName']).toBe(name.split('/')[1]);
      for (const container of spec['containers'] as Record<string, unknown>[]) {
        expect(container['securityContext']).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container).toMatchObject({
          readinessProbe: {},
          livenessProbe: {},
          resources: { requests: { memory: expect.any(String) }, limits: { memory: expect.any(String) } },
        });
      }
    }
  });
});

describe('dist with a built image', () => {
  it('has no program, and starts the image by its own entrypoint', () => {
    const built = synthesize('operator: {builtImage: "registry.example/duotel:1"}');
    try {
      const text = readFileSync(join(built.dist, '10-operator.k8s.yaml'), 'utf8');
      expect(text).not.toContain('binaryData');
      expect(text).not.toContain('/program');
      expect(text).not.toContain('command:');
      expect(text).toContain('image: registry.example/duotel:1');
    } finally {
      built.remove();
    }
  });

  it('runs on the same Node image as the one without', () => {
    expect(readFileSync('Dockerfile', 'utf8')).toContain(`FROM ${IMAGES.operator}\n`);
    expect(readFileSync('Dockerfile', 'utf8')).toContain(
      `ENTRYPOINT ["node", ${V8_FLAGS.map((flag) => JSON.stringify(flag)).join(', ')}, `,
    );
  });
});

describe('bad settings', () => {
  it('make no dist, and name the field', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'duotel-settings-')), 'settings.yaml');
    writeFileSync(file, 'stack: {jaeger: {retention: forever}}');
    const run = (): void => {
      execFileSync(process.execPath, ['charts/main.ts'], { env: { ...process.env, DUOTEL_SETTINGS: file }, stdio: 'pipe' });
    };
    expect(run).toThrow(/stack\.jaeger\.retention: is "forever"/);
  });
});
