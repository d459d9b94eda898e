import { BOOTSTRAP_FILES } from '../../bootstrap/files.ts';

/** Files that `readAsset` serves from inside a bundle. */
export const ASSETS: readonly string[] = BOOTSTRAP_FILES;
