import { isApiError } from '../kube-api.ts';

/** An ERROR event inside a watch stream: the API server's Status object. */
export class WatchError extends Error {
  override readonly name = 'WatchError';
  /** HTTP status; NaN when the Status has none. */
  readonly code: number;
  constructor(resource: string, status: Readonly<Record<string, unknown>>) {
    super(`watch ${resource}: ${String(status['reason'])}: ${String(status['message'])}`);
    this.code = Number(status['code']);
  }
}

/** An answer from before what the same server, or another one of the same cluster, has already told us. */
export class StaleAnswer extends Error {
  override readonly name = 'StaleAnswer';
}

/** Statuses of a server that is overloaded or on its way up. */
const PASSING = [429, 503, 504];

/** Whether the error says nothing about the events that were sent so far: however often it comes, a list would only add to the load. */
export function isPassing(error: unknown): boolean {
  if (error instanceof WatchError) return PASSING.includes(error.code);
  return isApiError(error) && PASSING.includes(error.body.status);
}

/**
 * Whether the copy must be listed anew, or the watch can go on from the last event. 410 says that the server has forgotten where we
 * were; whatever else it says inside a stream, an event may have been lost with it. A connection that breaks loses nothing.
 */
export function needsList(error: unknown): boolean {
  if (error instanceof WatchError) return !isPassing(error);
  return isApiError(error) && error.body.status === 410;
}
