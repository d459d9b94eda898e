import type { Clock } from '../kube/clock.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import { parsed, resourcesIn } from '../kube/rest/answer.ts';
import { errorText, type Logger } from './logger.ts';

export interface OptionalKindOptions {
  readonly api: KubeApi;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly apiVersion: string;
  readonly kind: string;
  /** Watches the kind until its signal aborts, and resolves when the first list is in. Called each time the kind appears. */
  readonly watch: (signal: AbortSignal) => Promise<void>;
  /** Called when the kind is gone, after its watch was told to end. */
  readonly onGone: () => void;
  /** Called once, as soon as the objects of the kind are known, or the API server does not serve it. */
  readonly onKnown: () => void;
}

/** Milliseconds between two looks whether the API server serves the kind. One GET, which needs no right. */
const LOOK_MS = 10_000;

/** Watches a kind as long as the API server serves it. Its CRD may come and go while the operator runs. */
export async function followOptionalKind(options: OptionalKindOptions, signal: AbortSignal): Promise<void> {
  const { api, clock, logger, kind, apiVersion, watch, onGone, onKnown } = options;
  const broken = new AbortController();
  const end = AbortSignal.any([signal, broken.signal]);
  let watching: AbortController | undefined;
  let known = false;

  function know(): void {
    if (!known && !end.aborted) onKnown();
    known = true;
  }

  function later(error: unknown): void {
    // Discovery may be behind the CRD, or the server away: ask again.
    if (isApiError(error)) logger.debug('kind cannot be watched yet', { kind, apiVersion, error: errorText(error) });
    else broken.abort(error);
  }

  /** Nobody waits for this: the API server may serve a kind, never list it, and drop it again. */
  function start(): void {
    const own = new AbortController();
    watching = own;
    logger.info('kind is served, its watch starts', { kind, apiVersion });
    watch(AbortSignal.any([end, own.signal])).then(
      () => {
        if (watching === own) know();
      },
      (error: unknown) => {
        own.abort();
        if (watching === own) watching = undefined;
        later(error);
      },
    );
  }

  while (!end.aborted) {
    try {
      const there = await isServed(api, apiVersion, kind);
      if (there && watching === undefined) start();
      else if (!there && watching !== undefined) {
        watching.abort();
        watching = undefined;
        logger.info('kind is no longer served, its watch ends', { kind, apiVersion });
        onGone();
      }
      if (!there) know();
    } catch (error) {
      // A running watch goes on: it survives a server that is away, and learns what was deleted meanwhile.
      later(error);
    }
    await clock.sleep(LOOK_MS, end);
  }
  broken.signal.throwIfAborted();
}

/** Asks the server each time: {@link KubeApi.resourceType} remembers what there was. */
async function isServed(api: KubeApi, apiVersion: string, kind: string): Promise<boolean> {
  const path = `/apis/${apiVersion}`;
  try {
    const about = `get ${path}`;
    return resourcesIn(parsed(await api.getText(path), about), about).some((resource) => resource.kind === kind);
  } catch (error) {
    if (isApiError(error) && error.body.status === 404) return false;
    throw error;
  }
}
