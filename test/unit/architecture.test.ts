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
  'api/assets.ts': [],
  api: ['api/assets.ts', 'imports'],
  'api/metrics': ['api'],
  // The port to the API server is a type that the pure parts speak in; the implementation is theirs never.
  'src/inject': ['api', 'src/kube/kube-api.ts', 'bootstrap', 'imports'],
  'src/apply': ['api', 'src/kube/kube-api.ts'],
  'src/kube': ['api'],
  'src/verify': ['api', 'api/metrics', 'src/kube', 'src/inject', 'bootstrap'],
  'src/manifests': ['api', 'src/inject'],
  'src/survey': ['api', 'src/inject', 'src/kube', 'src/verify', 'bootstrap', 'imports'],
  'src/explain': ['api', 'src/inject', 'src/kube/kube-api.ts'],
  'src/uninstall': ['api', 'src/inject', 'src/kube', 'src/verify', 'src/survey'],
  'src/controller': ['api', 'api/metrics', 'src/inject', 'src/apply', 'src/kube', 'charts', 'bootstrap', 'imports'],
  'src/cli': [
    'api',
    'api/metrics',
    'src/inject',
    'src/apply',
    'src/kube',
    'src/controller',
    'src/uninstall',
    'src/verify',
    'src/manifests',
    'src/survey',
    'src/explain',
    'imports',
  ],
  bootstrap: ['api/assets.ts'],
  charts: ['api', 'api/metrics', 'api/assets.ts', 'imports', 'bootstrap'],
};

const under = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

describe('the layout', () => {
  it('has imports that point one way', () => {
    const wrong = SOURCES.filter((path) => !under(path, 'tools') && path !== 'charts/main.ts').flatMap((path) => {
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
});
