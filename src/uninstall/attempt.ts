import { isApiError, type KubeApi, KubeApiError } from '../kube/kube-api.ts';
import { refusal } from './refusal.ts';

/** The result of an attempt on one object. */
export type Attempt<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** The object is gone, or its kind is not served any more: nothing is left to do. */
  | { readonly kind: 'gone' }
  /** Why, and what to do; see {@link refusal}. */
  | { readonly kind: 'refused'; readonly message: string };

/**
 * Does something with one object of many. A refusal that is about this object is an answer, so the caller goes on with the next.
 * @throws an error that is about all objects: credentials that are not valid, or an API server that answers nobody.
 */
export async function attempt<T>(api: KubeApi, act: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { kind: 'done', value: await act() };
  } catch (error) {
    if (isApiError(error, 'NotFound')) return { kind: 'gone' };
    if (!(error instanceof KubeApiError)) return { kind: 'refused', message: error instanceof Error ? error.message : String(error) };
    if (error.body.status === 401 || (error.body.status === 0 && !(await answers(api)))) throw error;
    return { kind: 'refused', message: refusal(error) };
  }
}

/** A hanging webhook keeps back the answer for one object; a server that is down, those for all. */
async function answers(api: KubeApi): Promise<boolean> {
  try {
    await api.getText('/version');
    return true;
  } catch (error) {
    return isApiError(error) && error.body.status !== 0;
  }
}
