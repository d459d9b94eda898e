import { createHash } from 'node:crypto';
import { stringify } from 'yaml';

/** A configuration as YAML text. Same data, same bytes: keys stay in the order of the data and no line is folded. */
export function configFile(config: object): string {
  return stringify(config, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** The first 16 hexadecimal digits of the SHA-256 of files by name, whatever the order of their names. */
export function configHash(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).sort()) hash.update(`${name}\0${files[name]}\0`);
  return hash.digest('hex').slice(0, 16);
}
