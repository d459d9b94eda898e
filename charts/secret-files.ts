import type { SecretKey } from '../api/component-spec.ts';
import type { ConfigMount } from './component-props.ts';

export interface SecretFile {
  /** Name of the file in the mount. */
  readonly file: string;
  readonly secret: SecretKey;
}

/**
 * One read-only directory with keys of several Secrets as files: a program reads them from there, so that they are in no variable and in
 * no configuration. Nothing when there are none.
 */
export function secretFiles(name: string, path: string, files: readonly SecretFile[]): readonly ConfigMount[] {
  if (files.length === 0) return [];
  const sources = files.map(({ file, secret }) => ({ secret: { name: secret.name, items: [{ key: secret.key, path: file }] } }));
  return [{ name, path, source: { projected: { sources } } }];
}
