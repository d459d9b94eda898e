import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { PYTHON } from '../../../api/runtimes/python.ts';
import { factPattern, logChecks } from '../../../src/verify/log-facts.ts';
import { injected } from '../../support/workloads/injected.ts';

/** Each line of the bootstrap's log module, its placeholders filled in as Python would. */
const LINES = [
  ...readFileSync(join(import.meta.dirname, '../../../bootstrap/python/duotel_bootstrap/log.py'), 'utf8').matchAll(
    /"([^"\n]+)"$|: "([^"\n]+)",$/gm,
  ),
].map((match) => `duotel[7]: ${(match[1] ?? match[2] ?? '').replaceAll(/\{\w+\}/g, '1.0')}`);

const BOTH = [
  'duotel[1]: setting up observability with backend both (service my-rag, endpoint http://c:4318)',
  "duotel[1]: meter provider set: the application's own metrics are exported",
  'duotel[1]: OpenLIT starting as OTLP producer (metrics), with the libraries it measures',
  'duotel[1]: OpenInference starting as additional OTLP producer (traces), with the libraries it traces',
  'duotel[1]: setup complete, DUAL MODE',
  'rag-python listens on port 8080',
  'duotel[1]: OpenLIT 1.45.0 active: token metrics enabled (prices: 174 models of /duotel/pricing/pricing.json)',
  'duotel[1]: OpenInference instrumentation enabled: openai 0.1.66',
].join('\n');

const states = (text: string, backend: 'both' | 'openlit' | 'openinference' = 'both') =>
  logChecks(injected({ backend }), [{ pod: 'my-rag-1', text }]).map(({ what, state }) => `${state} ${what}`);

describe('the log lines', () => {
  it.each(PYTHON.log.facts.flatMap((fact) => fact.lines.map((line) => [line, { ...fact, lines: [line] }] as const)))(
    '"%s" is one that the bootstrap can say',
    (_line, fact) => {
      expect(LINES.filter((text) => factPattern(fact).test(text))).not.toEqual([]);
    },
  );

  it('of both producers are all found in the log of mode both', () => {
    expect(states(BOTH).filter((state) => !state.startsWith('ok'))).toEqual([]);
    expect(states(BOTH)).toHaveLength(7);
  });

  it('of the other producer are not asked for in a mode with one', () => {
    expect(states(BOTH, 'openinference').join()).not.toContain('OpenLIT');
    expect(states(BOTH, 'openlit').join()).not.toContain('OpenInference');
  });

  it('fail for a pod that lacks one, and name the pod', () => {
    const checks = logChecks(injected({}), [
      { pod: 'a', text: BOTH },
      { pod: 'b', text: BOTH.replace(/^.*DUAL MODE$/m, '') },
    ]);
    expect(checks.filter(({ state }) => state === 'failed')).toMatchObject([
      { what: 'my-rag: setup complete, DUAL MODE', found: 'not in the log of b' },
    ]);
  });

  it('give the line that says why a producer did not start as the thing to look at', () => {
    const text = 'duotel[1]: package openlit is not installed in this image: OpenLIT not started';
    const [first] = logChecks(injected({}), [{ pod: 'a', text }]);
    expect(first).toMatchObject({ state: 'failed', hint: 'package openlit is not installed in this image: OpenLIT not started' });
  });

  it('are not asked of an app that sets itself up', () => {
    expect(logChecks(injected({ bootstrap: 'none' }), [])).toMatchObject([{ state: 'info' }]);
  });

  it('fail when no pod runs', () => {
    expect(logChecks(injected({}), [])).toMatchObject([{ state: 'failed', found: 'no running pod' }]);
  });

  it('of a container whose log can not be read fail by themselves, with the reason', () => {
    const unread = [{ container: 'sidecar', reason: 'container "sidecar" is waiting to start' }];
    expect(logChecks(injected({}), [{ pod: 'a', text: BOTH, unread }]).filter(({ state }) => state !== 'ok')).toMatchObject([
      { what: 'my-rag: log of container sidecar in pod a', state: 'failed', found: 'container "sidecar" is waiting to start' },
    ]);
  });
});
