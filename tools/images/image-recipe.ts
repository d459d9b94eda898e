import type { ImageConfig } from './archive.ts';
import type { LayerSource } from './layer.ts';

/** How to make an image. */
export interface ImageRecipe {
  /** `registry/name:tag`, by which manifests name it. */
  readonly reference: string;
  readonly config: ImageConfig;
  readonly layers: readonly LayerSource[];
}

/** The variable PATH of every image. */
export const IMAGE_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
