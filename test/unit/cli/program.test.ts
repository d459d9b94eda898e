import { describe, expect, it } from '@jest/globals';
import { cli } from '../../support/processes/cli.ts';

describe('duotel help', () => {
  it('of a command that is not there says so', async () => {
    expect(await cli(['help', 'nope'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: unknown command 'nope'\n/),
    });
  });

  it('of one that is there shows its help', async () => {
    expect(await cli(['help', 'plan'])).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^Usage: duotel plan/) });
  });
});
