import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { LOADER, programParts } from '../../../charts/operator-program.ts';

describe('the program in ConfigMaps', () => {
  it('is cut into parts that fit what kubectl apply can keep in an annotation', () => {
    const parts = programParts(new Uint8Array(400 * 1024).fill(7));
    expect(parts).toHaveLength(4);
    for (const part of parts) expect(part.data.length).toBeLessThan(200 * 1024);
  });

  it('has other names when its bytes are others', () => {
    expect(programParts(new Uint8Array([1]))[0]?.name).not.toBe(programParts(new Uint8Array([2]))[0]?.name);
  });

  it('is joined, unpacked and run by the loader, with its arguments', () => {
    const directory = mkdtempSync(join(tmpdir(), 'duotel-loader-'));
    try {
      const noise = Array.from({ length: 60_000 }, (_, index) => (index * 2_654_435_761) % 4_294_967_296).join('');
      const program = `console.log(process.argv.slice(2).join(' '));//${noise}`;
      for (const part of programParts(brotliCompressSync(program)))
        writeFileSync(join(directory, part.key), Buffer.from(part.data, 'base64'));
      const output = execFileSync(process.execPath, ['--input-type=module', '-e', LOADER, directory, 'operator', '--debug'], {
        encoding: 'utf8',
      });
      expect(output).toBe('operator --debug\n');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
