import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { allowClosedPipe } from '../../../../src/cli/output/closed-pipe.ts';
import { unread } from '../../../support/processes/unread.ts';

const fault = (code: string): Error => Object.assign(new Error(code), { code });

describe('a command whose output nobody reads to the end, as before "| head -1"', () => {
  it('ends as it would have, and says nothing of the pipe', async () => {
    expect(await unread('src/cli/main.ts', 'reasons')).toEqual({ code: 0, stderr: '' });
  });
});

describe('an output that cannot be written', () => {
  it('is nobody’s fault where its reader has left, and stays a fault otherwise', () => {
    const output = new PassThrough();
    allowClosedPipe(output);
    expect(() => output.emit('error', fault('EPIPE'))).not.toThrow();
    expect(() => output.emit('error', fault('ENOSPC'))).toThrow('ENOSPC');
  });
});
