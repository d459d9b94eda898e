import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { sourceFiles } from '../../tools/structure/source-files.ts';
import { structureFaults } from '../../tools/structure/structure.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SOURCES = globSync(['api/**/*.ts', 'src/**/*.ts', 'charts/**/*.ts', 'bootstrap/*.ts', 'tools/**/*.ts'], { cwd: ROOT }).sort();

/** What `npm run structure` prints. */
describe('the structure of the repository', () => {
  const { circles, arrows, longFiles } = structureFaults(sourceFiles(ROOT));

  it('has no circle of files', () => {
    expect(circles).toEqual([]);
  });

  it('has no import against the list in tools/structure/layers.ts', () => {
    expect(arrows).toEqual([]);
  });

  it('has no file over 300 lines', () => {
    expect(longFiles).toEqual([]);
  });
});

describe('the layout', () => {
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
    expect(users(/^import \{.*'\.\/settings\.ts'/m).filter((path) => path.startsWith('charts/'))).toEqual(['charts/main.ts']);
    expect(users(/charts\/(main|settings)\.ts'/)).toEqual([]);
  });
});
