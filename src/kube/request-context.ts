import { AsyncLocalStorage } from 'node:async_hooks';
import { PRIORITIES, type Priority } from './priority.ts';

/** For whom requests are made. It travels with the async call chain, so that no signature in between needs to carry it. */
export interface RequestContext {
  readonly priority: Priority;
  /** Ends the requests of the chain, their retries and their waiting. */
  readonly signal?: AbortSignal;
  /** Put on each log line of the chain. */
  readonly fields?: Readonly<Record<string, string>>;
}

const storage = new AsyncLocalStorage<RequestContext | undefined>();

/** Runs `work` with a context. undefined leaves the caller's context, for work that outlives it. */
export function withRequestContext<T>(context: RequestContext | undefined, work: () => T): T {
  return storage.run(context, work);
}

export function requestContext(): RequestContext | undefined {
  return storage.getStore();
}

/** Runs `work` in the same context, with its requests one priority lower: they make way for more urgent ones. */
export function makingWay<T>(work: () => T): T {
  const context = requestContext();
  if (context === undefined) return work();
  const lower = PRIORITIES[PRIORITIES.indexOf(context.priority) + 1] ?? context.priority;
  return withRequestContext({ ...context, priority: lower }, work);
}
