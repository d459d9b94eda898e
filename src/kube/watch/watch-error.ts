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

/** An answer that is older than what the same server, or another one of the cluster, has already told us. */
export class StaleAnswer extends Error {
  override readonly name = 'StaleAnswer';
}

/** Statuses of a server that is overloaded or starting. */
const PASSING = [429, 503, 504];

/** Whether the error says nothing about the events so far. However often it comes, a list would only add to the load. */
export function isPassing(error: unknown): boolean {
  if (error instanceof WatchError) return PASSING.includes(error.code);
  return isApiError(error) && PASSING.includes(error.body.status);
}

/**
 * Whether the copy must be listed again, or the watch can go on from the last event. 410: the server has forgotten where we were. Any other
 * error inside a stream may have taken an event with it. A broken connection loses nothing.
 */
export function needsList(error: unknown): boolean {
  if (error instanceof WatchError) return !isPassing(error);
  return isApiError(error) && error.body.status === 410;
}
