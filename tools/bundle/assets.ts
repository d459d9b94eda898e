import { BOOTSTRAP_FILES } from '../../bootstrap/files.ts';

/** Files that `readAsset` serves from inside a bundle. */
export const ASSETS: readonly string[] = ['crds/telemetrystack.yaml', ...BOOTSTRAP_FILES];
