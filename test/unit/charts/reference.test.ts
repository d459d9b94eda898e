import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { telemetryStackCrd } from '../../../api/telemetry-stack-crd.ts';
import { telemetryStackReference } from '../../../tools/reference-telemetrystack.ts';
import { walk } from '../../support/assertions/walk.ts';

describe('docs/reference/telemetrystack.md', () => {
  it('is what the CRD makes it; else run node tools/reference-telemetrystack.ts > docs/reference/telemetrystack.md', () => {
    const text = readFileSync(new URL('../../../docs/reference/telemetrystack.md', import.meta.url), 'utf8');
    expect(text).toBe(`${telemetryStackReference()}\n`);
  });
});

describe('the CRD', () => {
  const crd = telemetryStackCrd();

  it('leaves room for client-side apply, which keeps it in an annotation', () => {
    expect(JSON.stringify(crd).length).toBeLessThan(120_000);
  });

  it('describes each field of the spec in one line', () => {
    const bare = [...walk(crd)].flatMap(([path, value]) => {
      const field = /\.properties\.spec(\..*)?\.properties\.(\w+)$/.exec(path);
      // Groups of resources say it by their names.
      if (field === null || ['requests', 'limits'].includes(field[2] ?? '')) return [];
      const { description } = value as { description?: string };
      return description === undefined || description.includes('\n') ? [path] : [];
    });
    expect(bare).toEqual([]);
  });
});
