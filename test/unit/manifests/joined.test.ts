import { describe, expect, it } from '@jest/globals';
import { joined } from '../../../src/manifests/joined.ts';

const JSON_TEXT = '{"kind": "Service"}\n';

describe('manifests in one stream', () => {
  it('begin with a separator where the first is JSON and another follows, since kubectl would read the stream as JSON', () => {
    expect(joined([JSON_TEXT, 'kind: Service\n'])).toBe(`---\n${JSON_TEXT}---\nkind: Service\n`);
    expect(joined([`\n ${JSON_TEXT}`, '---\nkind: ConfigMap\n'])).toBe(`---\n\n ${JSON_TEXT}---\nkind: ConfigMap\n`);
  });

  it('keep their bytes where nothing follows', () => {
    expect(joined([JSON_TEXT])).toBe(JSON_TEXT);
    expect(joined([JSON_TEXT, '', '\n'])).toBe(JSON_TEXT);
    expect(joined([])).toBe('');
  });

  it('do not run into each other', () => {
    expect(joined(['a: 1', '---\nb: 1\n', 'c: 1\n'])).toBe('a: 1\n---\nb: 1\n---\nc: 1\n');
  });
});
