import { describe, expect, it } from '@jest/globals';
import { wrongArrows } from '../../../tools/structure/arrows.ts';
import { circles } from '../../../tools/structure/circles.ts';
import { LAYERS } from '../../../tools/structure/layers.ts';
import { type SourceFile, sourceFile } from '../../../tools/structure/source-file.ts';
import { sourceFiles } from '../../../tools/structure/source-files.ts';
import { structureFaults } from '../../../tools/structure/structure.ts';
import { unread } from '../../support/processes/unread.ts';

/** A file that imports others, in the form that the rules see. */
const file = (path: string, ...imports: readonly string[]): SourceFile => ({ path, lines: 1, imports });

describe('a circle of files', () => {
  it('is two files that import each other', () => {
    expect(circles([file('a.ts', 'b.ts'), file('b.ts', 'a.ts')])).toEqual([['a.ts', 'b.ts']]);
  });

  it('is three files of which each imports the next, told in their order whatever the first one is', () => {
    const files = [file('a.ts', 'c.ts'), file('b.ts', 'a.ts'), file('c.ts', 'b.ts')];
    for (let first = 0; first < 3; first += 1) {
      expect(circles([...files.slice(first), ...files.slice(0, first)])).toEqual([['a.ts', 'b.ts', 'c.ts']]);
    }
  });

  it('is a file that imports itself', () => {
    expect(circles([file('a.ts', 'a.ts', 'b.ts'), file('b.ts')])).toEqual([['a.ts']]);
  });

  it('is told apart from another one, also where one imports the other', () => {
    const first = [file('a.ts', 'b.ts'), file('b.ts', 'a.ts', 'c.ts')];
    const second = [file('c.ts', 'd.ts'), file('d.ts', 'c.ts')];
    for (const files of [
      [...first, ...second],
      [...second, ...first],
    ]) {
      expect(circles(files)).toEqual([
        ['a.ts', 'b.ts'],
        ['c.ts', 'd.ts'],
      ]);
    }
  });

  it('leaves out what only leads to it or away from it', () => {
    expect(circles([file('in.ts', 'a.ts'), file('a.ts', 'b.ts'), file('b.ts', 'a.ts', 'out.ts'), file('out.ts')])).toEqual([
      ['a.ts', 'b.ts'],
    ]);
  });

  it('is no file that two others import, nor one that is not looked at', () => {
    expect(circles([file('a.ts', 'b.ts', 'c.ts'), file('b.ts', 'd.ts'), file('c.ts', 'd.ts'), file('d.ts', 'not-there.ts')])).toEqual([]);
  });
});

describe('an import against the list', () => {
  const layers = [
    { folder: 'low', imports: [] },
    { folder: 'low/inner', imports: ['one/file.ts'] },
    { folder: 'high', imports: ['low', 'one/file.ts'] },
  ];
  const wrong = (path: string, ...imports: readonly string[]) => wrongArrows([file(path, ...imports)], layers).map(({ to }) => to);

  it('is one of a folder that the layer does not name', () => {
    expect(wrong('low/a.ts', 'high/b.ts')).toEqual(['high/b.ts']);
    expect(wrong('high/b.ts', 'low/a.ts', 'low/inner/c.ts', 'high/deep/d.ts')).toEqual([]);
  });

  it('is one of a folder whose name only begins like that of a layer', () => {
    expect(wrong('high/b.ts', 'lower/a.ts')).toEqual(['lower/a.ts']);
  });

  it('is one of another file than the one that the layer names', () => {
    expect(wrong('high/b.ts', 'one/file.ts', 'one/other.ts')).toEqual(['one/other.ts']);
  });

  it('is told by the innermost layer that holds the file', () => {
    expect(wrong('low/inner/c.ts', 'one/file.ts', 'low/a.ts')).toEqual(['low/a.ts']);
    expect(wrong('low/a.ts', 'one/file.ts')).toEqual(['one/file.ts']);
  });

  it('is every one of a file that is in no layer', () => {
    expect(wrong('nowhere/a.ts', 'low/a.ts', 'nowhere/b.ts')).toEqual(['low/a.ts', 'nowhere/b.ts']);
  });
});

describe('what a file imports', () => {
  const importsOf = (text: string, path = 'src/inject/plan.ts') => sourceFile(path, text).imports;

  it('is a path from the top, in order and each once', () => {
    const text = "import { b } from '../kube/b.ts';\nimport { a } from './a.ts';\nimport { c } from './a.ts';\n";
    expect(importsOf(text)).toEqual(['src/inject/a.ts', 'src/kube/b.ts']);
  });

  it('is no package', () => {
    expect(importsOf("import { readFileSync } from 'node:fs';\nimport yaml from 'yaml';\n")).toEqual([]);
  });

  it.each([
    ['a type', "import type { A } from './a.ts';"],
    ['a type beside values', "import { type A, b } from './a.ts';"],
    ['a type in the place where it is used', "let a: import('./a.ts').A;"],
    ['the type of a whole module', "let a: typeof import('./a.ts');"],
    ['a module when it is needed', "async function f() {\n  return [{ a: await import('./a.ts') }];\n}"],
    ['a module over several lines', "import {\n  a,\n  b,\n} from './a.ts';"],
    ['a module for its effects', "import './a.ts';"],
    ['everything', "import * as a from './a.ts';"],
    ['what it passes on', "export { a } from './a.ts';"],
    ['a type that it passes on', "export type { A } from './a.ts';"],
    ['everything, to pass it on', "export * from './a.ts';"],
  ])('is %s', (_, text) => {
    expect(importsOf(text)).toEqual(['src/inject/a.ts']);
  });

  it.each([
    ['a comment', "// import './a.ts';"],
    ['a comment behind a statement', "f(); // await import('./a.ts')"],
    ['a comment of many lines', "/**\n * import { a } from './a.ts';\n */"],
    ['a string', `const text = "import { a } from './a.ts'";`],
    ['a template', "const text = `\nimport { a } from './a.ts';\nawait import('./a.ts');\n`;"],
    ['a string that is given to another function', "load('./a.ts');"],
  ])('is not what stands in %s', (_, text) => {
    expect(importsOf(text)).toEqual([]);
  });

  it('is told with the file where it cannot be read', () => {
    expect(() => importsOf('<<<<<<< HEAD\n', 'src/a.ts')).toThrow('src/a.ts: its imports cannot be read');
  });

  it('is read in JavaScript too, and in no other language', () => {
    expect(importsOf("import './b.ts';", 'test/a.js')).toEqual(['test/b.ts']);
    expect(importsOf("import './b.ts';", 'test/a.py')).toEqual([]);
  });
});

describe('a long file', () => {
  const long = (path: string, text: string) => structureFaults([sourceFile(path, text)]).longFiles;
  const line = '# one\n';

  it('has 301 lines, and not 300, whether its last line ends or not', () => {
    expect(long('test/a.py', line.repeat(301))).toEqual(['test/a.py: 301 lines']);
    expect(long('test/a.py', `${line.repeat(300)}# end`)).toEqual(['test/a.py: 301 lines']);
    expect(long('test/a.py', line.repeat(300))).toEqual([]);
    expect(long('test/a.py', `${line.repeat(299)}# end`)).toEqual([]);
  });

  it('may be of any language that people write here, but not generated', () => {
    const text = '\n'.repeat(301);
    for (const path of ['src/a.ts', 'a.config.js', 'test/a.cjs', 'bootstrap/python/a.py', 'examples/app/a.py', 'tools/a.sh'])
      expect(long(path, text)).toEqual([`${path}: 301 lines`]);
    expect(long('imports/k8s.ts', text)).toEqual([]);
  });
});

describe('the files that are looked at', () => {
  const paths = sourceFiles(process.cwd()).map(({ path }) => path);

  it('are ours, in every folder and language', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        'jest.config.js',
        'bootstrap/python/sitecustomize.py',
        'examples/rag-python/app.py',
        'test/golden/python/conftest.py',
        'test/golden/metrics/apps/openlit-app.cjs',
        'test/unit/tools/structure.test.ts',
        'tools/build/main.ts',
      ]),
    );
    for (const { folder } of LAYERS) expect(paths.some((path) => path.startsWith(`${folder}/`))).toBe(true);
  });

  it('are none of those that were installed, built or rendered', () => {
    expect(paths.filter((path) => /^(node_modules|build|dist|\.)/.test(path))).toEqual([]);
  });
});

describe('npm run structure', () => {
  it('says nothing of a pipe that its reader closes, as "| head -1" does', async () => {
    expect((await unread('tools/structure/main.ts')).stderr).toBe('');
  });
});
