import type { Dispatcher } from 'undici';
import type { WriteFence } from '../lease/fence.ts';

/** A request that goes past a fence. */
export interface Fenced {
  readonly fence: WriteFence | undefined;
}

/**
 * Asks the fence at the last moment: undici calls `onRequestStart` right before it writes the request, after it has waited for a free
 * connection or a handshake. If the process was stopped in between, it does not send what it had prepared.
 */
export const fenceInterceptor: Dispatcher.DispatcherComposeInterceptor = (dispatch) => (options, handler) => {
  const { fence } = options as Dispatcher.DispatchOptions & Partial<Fenced>;
  if (fence === undefined) return dispatch(options, handler);
  fence.check();
  const guarded: Dispatcher.DispatchHandler = {
    onRequestStart(controller, context) {
      handler.onRequestStart?.(controller, context);
      if (!fence.open) controller.abort(fence.signal.reason);
    },
    onRequestUpgrade: (...args) => handler.onRequestUpgrade?.(...args),
    onResponseStart: (...args) => handler.onResponseStart?.(...args),
    onResponseData: (...args) => handler.onResponseData?.(...args),
    onResponseEnd: (...args) => handler.onResponseEnd?.(...args),
    onResponseError: (...args) => handler.onResponseError?.(...args),
  };
  return dispatch(options, guarded);
};
