import { AsyncLocalStorage } from 'node:async_hooks';
import type { Priority } from './priority.ts';

/** On whose behalf requests are made. It travels with the async call chain, so that no signature in between needs to carry it. */
export interface RequestContext {
  readonly priority: Priority;
  /** Ends the requests of the chain, their retries and their waiting. */
  readonly signal?: AbortSignal;
  /** Put on each log line of the chain. */
  readonly fields?: Readonly<Record<string, string>>;
}

const storage = new AsyncLocalStorage<RequestContext | undefined>();

/** Runs `work` with a context; undefined leaves the one it was called in, for what outlives it. */
export function withRequestContext<T>(context: RequestContext | undefined, work: () => T): T {
  return storage.run(context, work);
}

export function requestContext(): RequestContext | undefined {
  return storage.getStore();
}
