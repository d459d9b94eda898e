import { describe, expect, it } from '@jest/globals';
import { parseOptions } from '../../../../tools/demo/options.ts';

const parse = (...args: readonly string[]) => parseOptions(args, true, true);

describe('the options of the demo', () => {
  it('mean the embedded cluster, kept until an interrupt', () => {
    expect(parse()).toEqual({
      ending: 'wait',
      context: undefined,
      kubeconfig: undefined,
      cluster: 'demo',
      output: 'table',
      images: undefined,
    });
  });

  it('mean an end without a terminal: nobody could interrupt it', () => {
    expect(parseOptions([], false, true).ending).toBe('exit');
  });

  it('choose the ending', () => {
    expect([parse('--exit').ending, parse('--keep').ending]).toEqual(['exit', 'keep']);
  });

  it('refuse two endings', () => {
    expect(() => parse('--exit', '--keep')).toThrow("option '--exit' cannot be used with option '--keep'");
  });

  it('name the images of the example on a cluster of the user’s', () => {
    expect(parse('--context', 'kind', '--rag-image', 'r/rag:1').images).toEqual({ ragPython: 'r/rag:1', fakeOpenai: 'fake-openai:latest' });
  });

  it('refuse images for the embedded cluster, which makes its own', () => {
    expect(() => parse('--rag-image', 'r/rag:1')).toThrow('--rag-image goes with --context');
  });

  it('refuse an output format that does not exist', () => {
    expect(() => parse('--output', 'yaml')).toThrow('Allowed choices are table, json');
  });
});
