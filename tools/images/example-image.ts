import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dockerfileConfig } from './dockerfile-config.ts';
import { IMAGE_PATH, type ImageRecipe } from './image-recipe.ts';
import { exampleFolder, exampleLayer, type PackageSet, packagesLayer, pythonBase } from './python-layers.ts';

/**
 * The image of an example, as its Dockerfile says: the base with Python, a layer for each set of packages, the example's files. Images that
 * share sets share their layers; no package may be in two sets of one image.
 */
export function exampleImage(reference: string, example: string, packages: readonly PackageSet[] = []): ImageRecipe {
  const base = pythonBase();
  const config = dockerfileConfig(readFileSync(join(exampleFolder(example), 'Dockerfile'), 'utf8'));
  return {
    reference,
    config: { ...config, Env: [IMAGE_PATH, ...(config.Env ?? [])] },
    layers: [base.layer, ...packages.map((set) => packagesLayer(set, base.python)), exampleLayer(example)],
  };
}
