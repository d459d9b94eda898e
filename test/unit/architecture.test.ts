import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const ROOT = resolve(import.meta.dirname, '../..');
const SOURCES = globSync(['api/**/*.ts', 'src/**/*.ts', 'charts/**/*.ts', 'bootstrap/*.ts', 'tools/**/*.ts'], { cwd: ROOT }).sort();

/** Repository paths that a file imports. */
function imports(path: string): readonly string[] {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const specifiers = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  return specifiers.map((specifier) => relative(ROOT, resolve(ROOT, dirname(path), specifier)));
}

/** For each folder, the folders that it may import from, besides itself. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  api: ['imports'],
  bootstrap: ['api'],
  charts: ['api', 'imports'],
  'src/kube': ['api'],
  'src/apply': ['api', 'src/kube'],
  'src/inject': ['api', 'src/kube', 'bootstrap'],
  'src/controller': ['api', 'src/kube', 'src/apply/inventory.ts'],
  'src/stacks': ['api', 'imports', 'src/kube', 'src/apply', 'src/inject', 'src/controller'],
  'src/workloads': ['api', 'imports', 'src/kube', 'src/inject', 'src/controller', 'src/stacks/status.ts'],
  'src/operator': ['api', 'charts', 'src/kube', 'src/inject', 'src/controller', 'src/stacks', 'src/workloads'],
  'src/survey': ['api', 'imports', 'src/kube', 'src/inject'],
  'src/manifests': ['api', 'src/inject'],
  'src/preview': ['api', 'src/kube', 'src/inject', 'src/survey'],
  'src/explain': ['api', 'src/kube', 'src/inject'],
  'src/verify': ['api', 'src/kube', 'src/inject', 'src/survey'],
  'src/uninstall': ['api', 'src/kube', 'src/inject', 'src/survey'],
  'src/cli': ['api', 'imports', 'bootstrap', 'src'],
};

const under = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

describe('the layout', () => {
  it('has imports that point one way', () => {
    const wrong = SOURCES.filter((path) => !under(path, 'tools')).flatMap((path) => {
      const home = Object.keys(ALLOWED).find((folder) => under(path, folder)) ?? 'nowhere';
      const allowed = [home, ...(ALLOWED[home] ?? [])];
      return imports(path)
        .filter((target) => !allowed.some((folder) => under(target, folder)))
        .map((target) => `${path} -> ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('loads client-node in two places only', () => {
    const users = SOURCES.filter((path) =>
      /from '@kubernetes\/client-node|import\('@kubernetes\/client-node/.test(readFileSync(join(ROOT, path), 'utf8')),
    );
    expect(users).toEqual(['src/kube/rest/credentials.ts', 'src/kube/rest/port-forward.ts']);
  });

  it('evaluates CEL in `cdk8s synth` only, so that no bundle holds the library', () => {
    const users = (importing: RegExp) => SOURCES.filter((path) => importing.test(readFileSync(join(ROOT, path), 'utf8')));
    expect(users(/'@marcbachmann\/cel-js'/)).toEqual(['api/stack-rules.ts']);
    expect(users(/^import \{.*\/stack-rules\.ts'/m)).toEqual(['charts/settings.ts']);
    expect(users(/^import \{.*'\.\/settings\.ts'/m).filter((path) => under(path, 'charts'))).toEqual(['charts/main.ts']);
    expect(users(/charts\/(main|settings)\.ts'/)).toEqual([]);
  });
});
