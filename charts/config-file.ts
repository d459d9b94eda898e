import { createHash } from 'node:crypto';
import { stringify } from 'yaml';

/** A configuration as YAML text. Same data, same bytes: keys stay in the order of the data and no line is folded. */
export function configFile(config: object): string {
  return stringify(config, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Pod template annotation: a workload that reads its configuration at start only is rolled when this changes. See docs/adr/0002. */
export const CONFIG_HASH_ANNOTATION = 'duotel.io/config-hash';

/** The first 16 hexadecimal digits of the SHA-256 of files by name, whatever the order of their names. */
export function configHash(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).sort()) hash.update(`${name}\0${files[name]}\0`);
  return hash.digest('hex').slice(0, 16);
}
