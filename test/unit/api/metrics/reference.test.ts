import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { metricsReference } from '../../../../tools/reference-metrics.ts';

describe('docs/reference/metrics.md', () => {
  it('is what api/metrics makes it; else run node tools/reference-metrics.ts > docs/reference/metrics.md', () => {
    expect(readFileSync(new URL('../../../../docs/reference/metrics.md', import.meta.url), 'utf8')).toBe(metricsReference());
  });
});
