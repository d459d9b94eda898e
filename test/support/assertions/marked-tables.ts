import { readFileSync, writeFileSync } from 'node:fs';

/**
 * A page with its tables between `<!-- NAME -->` and `<!-- /NAME -->`: as it is, and as it would be with these tables. With UPDATE_GOLDEN=1 in the
 * environment the page is written instead. Throws Error for a table that the page has no place for.
 */
export function markedTables(page: URL, tables: Readonly<Record<string, string>>): { readonly text: string; readonly wanted: string } {
  const text = readFileSync(page, 'utf8');
  const wanted = Object.entries(tables).reduce((made, [name, table]) => {
    const place = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- /${name} -->)`);
    if (!place.test(made)) throw new Error(`${page.pathname}: no line "<!-- ${name} -->" with its "<!-- /${name} -->"`);
    return made.replace(place, (_, open: string, close: string) => `${open}${table}\n${close}`);
  }, text);
  if (process.env['UPDATE_GOLDEN'] !== '1') return { text, wanted };
  writeFileSync(page, wanted);
  return { text: wanted, wanted };
}
