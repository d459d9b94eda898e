import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { cli } from '../../../support/processes/cli.ts';

const app = (name: string, namespace: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  namespace: ${namespace}
  annotations: {duotel.io/backend: both, duotel.io/bootstrap: python}
spec: {template: {spec: {containers: [{name: app, image: "app:1"}]}}}
`;
const OTHER = '# mine\napiVersion: v1\nkind: Service\nmetadata: {name: s, namespace: demo}\n';

let folder: string;
const path = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(path(name), 'utf8');
const names = (name: string): readonly string[] => {
  const documents = parseAllDocuments(text(name));
  const objects: readonly (KubeObject | null)[] = Array.isArray(documents) ? documents.map((document) => document.toJS()) : [];
  return objects.flatMap((object) => (object === null ? [] : [`${object.kind}/${object.metadata.namespace}/${object.metadata.name}`]));
};
const inject = (...args: readonly string[]) => cli(['inject', ...args, '--configmaps', path('files.yaml')]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-inject-'));
  writeFileSync(path('a.yaml'), app('a', 'demo'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the file of --configmaps', () => {
  it('keeps what it has and gets what is new, when it is one of the inputs', async () => {
    writeFileSync(path('files.yaml'), OTHER);
    expect((await inject('-f', folder, '--write')).code).toBe(0);
    const once = text('files.yaml');
    expect(once.startsWith(OTHER)).toBe(true);
    expect(names('files.yaml').filter((name) => name.startsWith('ConfigMap/demo/')).length).toBeGreaterThan(0);
    const present = names('files.yaml');
    expect((await inject('-f', folder, '--check')).code).toBe(0);

    // A release with other content: the copy has another name, and the former one goes.
    const former = present.find((name) => name.includes('python'))?.split('/')[2] ?? 'none';
    for (const file of ['a.yaml', 'files.yaml']) writeFileSync(path(file), text(file).replaceAll(former, `${former.slice(0, -4)}0000`));
    expect((await inject('-f', folder, '--check')).code).toBe(2);
    expect((await inject('-f', folder, '--write')).code).toBe(0);
    expect(names('files.yaml').toSorted()).toEqual(present.toSorted());
    expect(text('a.yaml')).toContain(former);
  });

  it('keeps what other manifests need, and is compared by --check, when it is no input', async () => {
    writeFileSync(path('b.yaml'), app('b', 'other'));
    expect((await inject('-f', path('a.yaml'), '--check')).code).toBe(2);
    await inject('-f', path('a.yaml'), '--write');
    const first = names('files.yaml');
    expect((await inject('-f', path('a.yaml'), '--check')).code).toBe(0);
    expect((await inject('-f', path('b.yaml'), '--check')).code).toBe(2);
    await inject('-f', path('b.yaml'), '--write');
    expect(names('files.yaml')).toEqual([...first, ...first.map((name) => name.replace('/demo/', '/other/'))]);
    for (const file of ['a.yaml', 'b.yaml']) expect((await inject('-f', path(file), '--check')).code).toBe(0);
  });

  it.each(['{"kind": "List", "apiVersion": "v1", "items": []}', undefined])('is refused when it is JSON (%s)', async (json) => {
    if (json !== undefined) writeFileSync(path('files.json'), json);
    const before = text('a.yaml');
    const result = await cli(['inject', '-f', path('a.yaml'), '--write', '--configmaps', path('files.json')]);
    expect(result).toMatchObject({ code: 1, stderr: expect.stringContaining(`--configmaps ${path('files.json')}: is JSON`) });
    expect(text('a.yaml')).toBe(before);
    expect(existsSync(path('files.json')) && text('files.json')).toBe(json ?? false);
  });
});

describe('duotel inject --check', () => {
  it('goes with no --write, and changes no file then', async () => {
    const before = text('a.yaml');
    expect(await inject('-f', path('a.yaml'), '--check', '--write')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/expected one of --write .* and --check/),
    });
    expect(text('a.yaml')).toBe(before);
    expect(existsSync(path('files.yaml'))).toBe(false);
  });

  it('checks standard input, which --write alone has no place for', async () => {
    const run = (input: string, ...args: readonly string[]) => cli(['inject', '-f', '-', '--configmaps', 'none', ...args], { input });
    expect(await run(app('a', 'demo'), '--check')).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('1 file not up to date: <stdin>'),
    });
    const { stdout } = await run(app('a', 'demo'));
    expect((await run(stdout, '--check')).code).toBe(0);
    expect(await run(stdout, '--write')).toMatchObject({ code: 1, stderr: expect.stringContaining('leave out --write') });
  });
});

describe('--configmaps in a folder that is not there', () => {
  it('is refused before any file is written', async () => {
    const [before, nowhere] = [text('a.yaml'), path('nodir/x.yaml')];
    const result = await cli(['inject', '-f', path('a.yaml'), '--write', '--configmaps', nowhere]);
    expect(result).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`--configmaps ${nowhere}: there is no folder ${path('nodir')}`),
    });
    expect(text('a.yaml')).toBe(before);
  });
});
