/**
 * Bundles the program into build/: `duotel.mjs` (the command line and the operator), `program.br` (the same, compressed, for the
 * operator's ConfigMaps) and `program.json` (the hash of everything it was made from). Run by `npm ci` and, when a source has changed,
 * by `cdk8s synth`; nothing is built when the hash is the same.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { BOOTSTRAP_FILES } from '../bootstrap/files.ts';

const ROOT = new URL('../', import.meta.url);
const at = (path: string): string => fileURLToPath(new URL(path, ROOT));

/** Files that `readAsset` serves from inside the bundle. */
const ASSETS: readonly string[] = ['crds/telemetrystack.yaml', ...BOOTSTRAP_FILES];

/** What the bundle's bytes depend on. */
function inputs(): readonly string[] {
  const sources = globSync(['api/**/*.ts', 'src/**/*.ts', 'charts/**/*.ts', 'bootstrap/*.ts', 'imports/*.ts'], { cwd: at('.') });
  return [...new Set([...sources, ...ASSETS, 'tools/bundle.ts', 'package.json', 'package-lock.json'])].sort();
}

function inputHash(): string {
  const hash = createHash('sha256');
  for (const path of inputs())
    hash
      .update(`${path}\0`)
      .update(readFileSync(at(path)))
      .update('\0');
  return hash.digest('hex');
}

/** The compressed program, built now if it is not current. */
export async function programArchive(): Promise<Buffer> {
  const hash = inputHash();
  const stamp = at('build/program.json');
  const current = existsSync(stamp) && existsSync(at('build/program.br')) && JSON.parse(readFileSync(stamp, 'utf8')).hash === hash;
  if (!current) await build(hash);
  return readFileSync(at('build/program.br'));
}

async function build(hash: string): Promise<void> {
  process.stderr.write('bundling the program (its sources have changed) ... ');
  const started = performance.now();
  const { build: esbuild } = await import('esbuild');
  const assets = Object.fromEntries(ASSETS.map((path) => [path, readFileSync(at(path), 'utf8')]));
  const result = await esbuild({
    entryPoints: [at('src/cli/main.ts')],
    absWorkingDir: at('.'),
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    legalComments: 'none',
    define: { __DUOTEL_ASSETS__: JSON.stringify(assets) },
    // CommonJS dependencies (cdk8s) call require() of Node's own modules.
    banner: { js: "#!/usr/bin/env node\nimport{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    plugins: [
      {
        name: 'client-node without its generated models',
        setup({ onLoad }) {
          // KubeConfig is all we use of it; its 3 MB of models would be loaded and never called.
          onLoad({ filter: /client-node\/dist\/gen\/index\.js$/ }, () => ({
            contents: 'export const createConfiguration = undefined; export class ServerConfiguration {}',
          }));
        },
      },
      {
        name: 'http without its WebSocket',
        setup({ onResolve, onLoad }) {
          // Importing this module of Node's reads each of its exports, and one of them loads all of fetch: 3 MB that the operator never uses.
          onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'http', namespace: 'built-in' }));
          onLoad({ filter: /^http$/, namespace: 'built-in' }, () => ({ contents: "module.exports = process.getBuiltinModule('http')" }));
        },
      },
    ],
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('esbuild made no output');
  const program = Buffer.from(file.contents);
  const archive = brotliCompressSync(program, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: program.length,
    },
  });
  mkdirSync(at('build'), { recursive: true });
  writeFileSync(at('build/duotel.mjs'), program, { mode: 0o755 });
  writeFileSync(at('build/program.br'), archive);
  writeFileSync(at('build/program.json'), `${JSON.stringify({ hash, bytes: program.length, compressed: archive.length })}\n`);
  process.stderr.write(
    `${Math.round(program.length / 1024)} KiB, ${Math.round(archive.length / 1024)} KiB compressed, ${((performance.now() - started) / 1000).toFixed(1)} s\n`,
  );
}

if (import.meta.main) await programArchive();
