import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ASSETS } from './assets.ts';
import { builtInModules } from './built-in-modules.ts';
import { evaluatedModules } from './evaluated-modules.ts';
import { kubernetesClasses } from './kubernetes-classes.ts';
import { lessOfLibraries } from './less-of-libraries.ts';
import type { Program } from './programs.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Bundle {
  readonly bytes: Buffer;
  /** Bytes that came from each file: path from the top of the repository -> bytes in the bundle. */
  readonly weights: Readonly<Record<string, number>>;
}

/** One file that Node runs, with libraries and assets inside. */
export async function bundleProgram({ entry, without }: Program): Promise<Bundle> {
  const { build } = await import('esbuild');
  const assets = Object.fromEntries(ASSETS.map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
  const { outputFiles, metafile } = await build({
    entryPoints: [join(ROOT, entry)],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    // The trace of a crash quotes the line: not the whole program.
    lineLimit: 200,
    legalComments: 'none',
    define: { __DUOTEL_ASSETS__: JSON.stringify(assets) },
    // CommonJS dependencies (cdk8s) call require() of Node's own modules.
    banner: { js: "#!/usr/bin/env node\nimport{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    plugins: [builtInModules, evaluatedModules(ROOT), ...without, lessOfLibraries(ROOT), kubernetesClasses],
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made no bundle of ${entry}`);
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  return {
    bytes: Buffer.from(file.contents),
    weights: Object.fromEntries(inputs.map(([path, { bytesInOutput }]) => [path, bytesInOutput])),
  };
}
