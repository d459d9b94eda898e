import { describe, expect, it } from '@jest/globals';
import { operatorArguments } from '../../../src/operator/operator-arguments.ts';

describe('--scope', () => {
  const scope = (text: string): unknown => operatorArguments({ scope: text }, {}).scope;

  it('names namespaces, with blanks or without', () => {
    expect(scope('t1, t2,t3')).toEqual(['t1', 't2', 't3']);
  });

  it.each(['', ',', 't1,', 't1,,t2', 'T1', 'a.b', '-a', 'a b', 'a'.repeat(64)])(
    'is refused where a name can be no namespace: "%s"',
    (text) => {
      expect(() => scope(text)).toThrow(/^--scope: is ".*", expected names of namespaces separated by commas/);
    },
  );
});

describe('--listen', () => {
  const listen = (text: string): unknown => operatorArguments({ listen: text }, {}).listen;

  it.each([
    ['0.0.0.0:8080', { host: '0.0.0.0', port: 8080 }],
    ['[::]:0', { host: '::', port: 0 }],
  ])('is an address and a port: %s', (text, expected) => {
    expect(listen(text)).toEqual(expected);
  });

  it.each(['8080', 'localhost', 'localhost:', 'localhost:http', 'localhost:65536'])(
    'is refused without a port that there can be: %s',
    (text) => {
      expect(() => listen(text)).toThrow(/^--listen: is ".*", expected HOST:PORT/);
    },
  );
});

describe('an operator that is told nothing', () => {
  it('asks for the lease in a cluster, and works in the namespace of its pod', () => {
    expect(operatorArguments({}, { KUBERNETES_SERVICE_HOST: '10.96.0.1', POD_NAMESPACE: 'here' })).toEqual({
      namespace: 'here',
      listen: { host: '127.0.0.1', port: 8080 },
      leaderElect: true,
      debug: false,
    });
  });

  it('is the only one on a machine of its own', () => {
    expect(operatorArguments({}, {})).toMatchObject({ namespace: 'duotel', leaderElect: false });
  });
});
