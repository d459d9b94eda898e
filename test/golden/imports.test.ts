import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

it('imports/ is what cdk8s import makes of the CRD (npm run import)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'duotel-imports-'));
  try {
    execFileSync(
      'node_modules/.bin/cdk8s',
      ['import', 'crds/telemetrystack.yaml', '--language', 'typescript', '--output', folder, '--no-save'],
      {
        env: { ...process.env, CDK8S_CHECK_UPGRADE: 'false' },
        stdio: 'pipe',
      },
    );
    expect(readFileSync('imports/duotel.io.ts', 'utf8')).toBe(readFileSync(join(folder, 'duotel.io.ts'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
