import { describe, expect, it } from '@jest/globals';
import { cliReference, reasonsReference } from '../../../../src/cli/output/reference.ts';
import { createProgram } from '../../../../src/cli/program.ts';
import { matchGolden } from '../../../support/assertions/golden.ts';

const at = (path: string): URL => new URL(`../../../../${path}`, import.meta.url);

describe('the reference', () => {
  it('of the command line is what the commands say of themselves', () => {
    matchGolden(at('docs/reference/cli.md'), cliReference(createProgram()));
  });

  it('of the reasons is what the program knows of them', () => {
    matchGolden(at('docs/reference/reasons.md'), reasonsReference());
  });

  it('gives every command an example and its exit codes, and a choice of output to all but the operator', () => {
    const text = cliReference(createProgram());
    for (const part of text.split('\n## duotel ').slice(1)) {
      const [name = ''] = part.split('\n');
      expect([name, /Examples?:\n/.test(part)]).toEqual([name, true]);
      if (name !== 'operator') expect([name, /--output <format>/.test(part)]).toEqual([name, true]);
      if (!['operator', 'reasons'].includes(name)) expect([name, /Exit code 0/.test(part)]).toEqual([name, true]);
    }
  });
});
