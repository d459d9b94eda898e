import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { binary } from '../build/binary.ts';
import { run } from '../lib/run.ts';
import type { Finding } from './finding.ts';
import { jsonSchemas, type OpenApi } from './json-schemas.ts';

interface Report {
  readonly resources: readonly { readonly kind: string; readonly name: string; readonly status: string; readonly msg: string }[] | null;
  readonly summary: { readonly valid: number; readonly invalid: number; readonly errors: number; readonly skipped: number };
}

/** What the schemas of a real API server, read with `get` (a path such as `/openapi/v3`), refuse in the manifests of these files. */
export async function kubeconform(files: readonly string[], get: (path: string) => Promise<string>): Promise<readonly Finding[]> {
  const folder = mkdtempSync(join(tmpdir(), 'duotel-schemas-'));
  try {
    const { paths } = JSON.parse(await get('/openapi/v3')) as {
      readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
    };
    for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
      if (!/^apis?\/.*v[0-9]/.test(path)) continue;
      const schemas = jsonSchemas(JSON.parse(await get(serverRelativeURL)) as OpenApi);
      for (const [name, schema] of schemas) writeFileSync(join(folder, name), JSON.stringify(schema));
    }
    const location = join(folder, '{{.Group}}_{{.ResourceAPIVersion}}_{{.ResourceKind}}.json');
    const args = ['-strict', '-verbose', '-summary', '-output', 'json', '-schema-location', location, ...files];
    const { stdout, stderr } = await run(await binary('kubeconform'), args, { timeoutMs: 120_000 });
    if (!stdout.startsWith('{')) throw new Error(`kubeconform: ${stderr || stdout}`);
    const { resources, summary } = JSON.parse(stdout) as Report;
    if (summary.skipped > 0 || (resources ?? []).length === 0)
      throw new Error(`kubeconform: has not checked everything: ${JSON.stringify(summary)}`);
    return (resources ?? [])
      .filter(({ status }) => status !== 'statusValid')
      .map(({ kind, name, status, msg }): Finding => ({ checker: 'kubeconform', check: status, object: `${kind}/${name}`, found: msg }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
