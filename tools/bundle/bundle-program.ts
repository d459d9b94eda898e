import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASSETS } from './assets.ts';
import { evaluatedModules } from './evaluated-modules.ts';
import { lessOfLibraries } from './less-of-libraries.ts';

const ROOT = join(import.meta.dirname, '../..');

/** One file that Node runs: the program that begins at `entry`, a path from the top of the repository, with its libraries and assets. */
export async function bundleProgram(entry: string): Promise<Buffer> {
  const { build } = await import('esbuild');
  const assets = Object.fromEntries(ASSETS.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entry)],
    absWorkingDir: ROOT,
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
    plugins: [evaluatedModules(ROOT), lessOfLibraries],
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made no bundle of ${entry}`);
  return Buffer.from(file.contents);
}
