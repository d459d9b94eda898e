import { describe, expect, it } from '@jest/globals';
import { followOptionalKind } from '../../../src/controller/optional-kind.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';

const SERVED = JSON.stringify({ kind: 'APIResourceList', resources: [{ kind: 'Rollout' }] });
const NOT_SERVED = JSON.stringify({ kind: 'APIResourceList', resources: [] });

/** What became of the watch while discovery gave these answers, one a look. */
function followed(...answers: readonly string[]): Promise<readonly string[]> {
  return follow(answers, Promise.resolve());
}

/** `listed`: when the first list is in. */
async function follow(answers: readonly string[], listed: Promise<void>): Promise<readonly string[]> {
  const stop = new AbortController();
  const left = [...answers];
  const seen: string[] = [];
  const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  const clock = { now: () => 0, sleep: async () => (left.length === 0 ? stop.abort() : undefined) };
  const api = { getText: async () => left.shift() ?? '' } as unknown as KubeApi;
  const watch = async (): Promise<void> => {
    seen.push('watched');
    await listed;
  };
  const onGone = (): void => void seen.push('gone');
  const onKnown = (): void => void seen.push('known');
  const kind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };
  await followOptionalKind({ api, clock, logger: silent, ...kind, watch, onGone, onKnown }, stop.signal);
  return seen;
}

describe('an optional kind', () => {
  it('is watched while it is served', async () => {
    expect(await followed(NOT_SERVED, SERVED, SERVED, NOT_SERVED)).toEqual(['known', 'watched', 'gone']);
  });

  it('that was never listed is known to be gone when it is no longer served', async () => {
    expect(await follow([SERVED, SERVED, NOT_SERVED], new Promise(() => undefined))).toEqual(['watched', 'gone', 'known']);
  });

  it.each(['<html>try later</html>', '', 'null', '"later"'])(
    "is asked for again after the answer %j, which is not the API server's",
    async (page) => {
      expect(await followed(page, SERVED, page, NOT_SERVED)).toEqual(['watched', 'known', 'gone']);
      expect(await followed(SERVED, page)).toEqual(['watched', 'known']);
    },
  );
});
