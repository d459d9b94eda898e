import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../../..');

/**
 * The OpenLIT releases that tests install, one of each range of the catalogue that is in use: the last counters of tokens (before 1.37.1), the
 * first one that shares providers, the newest. Each with a pinned set of everything that the example needs; paths below the checkout.
 */
const REQUIREMENTS = {
  '1.36.3': 'test/data/openlit/requirements-1.36.3.txt',
  '1.40.0': 'test/data/openlit/requirements-1.40.0.txt',
  '1.45.0': 'examples/rag-python/requirements.txt',
} as const;

export type OpenLitRelease = keyof typeof REQUIREMENTS;
export const OPENLIT_RELEASES = Object.keys(REQUIREMENTS) as readonly OpenLitRelease[];

/** Text of the requirements.txt with that OpenLIT. */
export function openLitRequirements(release: OpenLitRelease): string {
  return readFileSync(join(ROOT, REQUIREMENTS[release]), 'utf8');
}
