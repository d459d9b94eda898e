import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SDK = join(import.meta.dirname, '../../../node_modules/@grafana/grafana-foundation-sdk/dist');

/** Names of the fields that an interface of the SDK's generated types has. Throws when the SDK has no such interface. */
export function sdkFields(module: string, name: string): ReadonlySet<string> {
  const text = readFileSync(join(SDK, module, 'types.gen.d.ts'), 'utf8');
  const body = new RegExp(`export interface ${name} \\{\\n((?:    .*\\n)*)\\}`).exec(text)?.[1];
  if (body === undefined) throw new Error(`@grafana/grafana-foundation-sdk: ${module} has no interface ${name}`);
  return new Set([...body.matchAll(/^ {4}["']?([\w-]+)["']?\??:/gm)].map(([, field]) => field ?? ''));
}
