import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { stackOfFile } from '../../../../src/cli/options/stack-source.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'duotel-stack-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = 'apiVersion: duotel.io/v1alpha1\nkind: TelemetryStack\n';
const NAMED = `${HEAD}metadata: {name: other, namespace: duotel}\n`;
const read = (text: string) => {
  const file = join(folder, 'stack.yaml');
  writeFileSync(file, text);
  return stackOfFile(file);
};

describe('the file of --stack-file', () => {
  it('gives the settings of its stack', () => {
    expect(read(`${NAMED}spec: {injection: {protocol: grpc}}\n`).stack).toEqual({ name: 'other', namespace: 'duotel' });
  });

  it.each([
    ['is not YAML', '{a: [', /is not YAML/],
    ['has no metadata', HEAD, /must have required property 'metadata'/],
    [
      'has a value that the CRD refuses',
      `${NAMED}spec: {injection: {protocol: udp}}`,
      /spec\.injection\.protocol: is "udp", expected one of /,
    ],
    ['has a field that is misspelt', `${NAMED}spec: {injektion: {}}`, /spec: unknown field "injektion"/],
    ['holds no stack', 'kind: Service', /holds 0 TelemetryStacks/],
  ])('is refused by its flag and name when it %s', (_, text, message) => {
    expect(() => read(text)).toThrow(/^--stack-file .*stack\.yaml: /);
    expect(() => read(text)).toThrow(message);
  });

  it('is refused by its flag and name when it is not there', () => {
    expect(() => stackOfFile(join(folder, 'none.yaml'))).toThrow(/^--stack-file .*none\.yaml: can not be read: /);
  });
});
