import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { servedRuntimes } from '../../../api/runtimes/choice.ts';
import { PYTHON } from '../../../api/runtimes/python.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';
import { BOOTSTRAP_FILES, bootstrapFiles, contentHash, PRICING_FILE, pricingFile } from '../../../bootstrap/files.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** What Kubernetes accepts as a key of a ConfigMap (apimachinery validation.IsConfigMapKey). */
const CONFIG_MAP_KEY = /^[-._a-zA-Z0-9]{1,253}$/;

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => relative(ROOT, path));
}

describe('bootstrapFiles', () => {
  const files = bootstrapFiles(PYTHON);

  it.each(servedRuntimes(RUNTIMES))('holds every file of bootstrap/$id but the documentation', ({ id, files: listed }) => {
    const shipped = filesBelow(join(ROOT, 'bootstrap', id)).filter((path) => !/README\.md$|__pycache__/.test(path));
    expect(listed.map((path) => `bootstrap/${id}/${path}`).sort()).toEqual(shipped.sort());
    expect(shipped.filter((path) => !BOOTSTRAP_FILES.includes(path))).toEqual([]);
  });

  it('has keys that a ConfigMap accepts, each once, and paths that come back from them', () => {
    expect(files.filter(({ key }) => !CONFIG_MAP_KEY.test(key))).toEqual([]);
    expect(new Set(files.map(({ key }) => key)).size).toBe(files.length);
    for (const { key, path } of files) expect(key.replaceAll('--', '/')).toBe(path);
  });

  it('puts sitecustomize.py at the top, where Python looks for it', () => {
    expect(files.map(({ path }) => path)).toContain('sitecustomize.py');
  });

  it('stays far below the size at which kubectl apply refuses an object', () => {
    expect(Buffer.byteLength(JSON.stringify(Object.fromEntries(files.map(({ key, text }) => [key, text]))))).toBeLessThan(120_000);
  });

  it('declares one version in the name and in the metadata of the distribution', () => {
    const metadata = files.find(({ path }) => path.endsWith('.dist-info/METADATA'));
    const version = /^duotel_bootstrap-(.+)\.dist-info\//.exec(metadata?.path ?? '')?.[1];
    expect(metadata?.text).toContain(`\nVersion: ${version}\n`);
  });
});

describe('pricingFile', () => {
  it('has a price for the models of the example and none below zero', () => {
    const file = pricingFile();
    const prices = JSON.parse(file.text) as { chat: Record<string, Record<string, number>>; embeddings: Record<string, number> };
    expect(file.key).toBe(PRICING_FILE);
    expect(prices.chat['gpt-4o-mini']).toMatchObject({ promptPrice: 0.00015, completionPrice: 0.0006 });
    expect(prices.embeddings['text-embedding-3-small']).toBe(0.00002);
    expect(Object.values(prices.chat).flatMap((price) => Object.values(price).filter((usd) => !(usd >= 0)))).toEqual([]);
  });
});

describe('contentHash', () => {
  const one = { key: 'a', text: 'x' };
  const two = { key: 'b', text: 'y' };

  it('is ten hexadecimal digits, the same whatever the order of the files', () => {
    expect(contentHash([one, two])).toMatch(/^[0-9a-f]{10}$/);
    expect(contentHash([two, one])).toBe(contentHash([one, two]));
  });

  it('changes with a text, a key, and text that moves from one file to another', () => {
    const hashes = [
      contentHash([one, two]),
      contentHash([{ ...one, text: 'z' }, two]),
      contentHash([{ ...one, key: 'c' }, two]),
      contentHash([
        { key: 'a', text: 'xb' },
        { key: 'b', text: '' },
      ]),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
