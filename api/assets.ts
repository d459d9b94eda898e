import { readFileSync } from 'node:fs';

/** Files that the bundle carries inside itself (tools/bundle fills this in); undefined when the program runs from its sources. */
declare const __DUOTEL_ASSETS__: Readonly<Record<string, string>> | undefined;

/** The text of a file of the repository, by its path from the top, wherever the program runs from. */
export function readAsset(path: string): string {
  if (typeof __DUOTEL_ASSETS__ !== 'undefined') {
    const text = __DUOTEL_ASSETS__[path];
    if (text === undefined) throw new Error(`asset ${path} is not in the bundle: add it to tools/bundle/assets.ts`);
    return text;
  }
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}
