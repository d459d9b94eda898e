import type { KubeObject } from '../../../api/kube-object.ts';
import type { KubeApiError, ListResult, ResourceType } from '../kube-api.ts';
import { unreachable } from './refused.ts';

/** A JSON document of the API server, of which nothing is known yet. */
interface Answer {
  readonly kind?: unknown;
  /** Of a Status: `Success` or `Failure`. */
  readonly status?: unknown;
  readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: string };
  readonly items?: readonly KubeObject[] | null;
  readonly resources?: readonly ApiResource[] | null;
}

/** A resource as discovery lists it; subresources are among them, with a slash in their names. */
export interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/*
 * Something between us and the API server may answer 200 with a Status, a page or nothing at all. Taken for a list that would be an empty
 * one, and what is not listed is deleted. So each answer must be of the kind that was asked for; where it is not, it is no answer.
 */

/** @throws KubeApiError, as for a broken connection, when the text is no JSON. Its words never repeat the text, which may be a Secret. */
export function parsed(text: string, about: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw noAnswer(about, `a text of ${text.length} characters is no JSON`);
  }
}

/** @throws KubeApiError, as for a broken connection, when the answer is no object of this type. */
export function objectIn(answer: unknown, type: ResourceType, about: string): KubeObject {
  if ((answer as Answer | null)?.kind === type.kind) return answer as KubeObject;
  throw noAnswer(about, `it is ${kindOf(answer)}, no ${type.kind}`);
}

/** @throws KubeApiError, as for a broken connection, unless the answer says that the object is deleted, or shows it for a last time. */
export function checkDeleted(answer: unknown, type: ResourceType, about: string): void {
  const { kind, status } = (answer ?? {}) as Answer;
  if (kind !== 'Status' || status === 'Failure') objectIn(answer, type, about);
}

/** Items as they came, and the token of the next page. @throws KubeApiError, as for a broken connection, when the answer is no list. */
export function pageIn(answer: unknown, about: string): ListResult & { readonly next: string | undefined } {
  const { kind, metadata, items } = (answer ?? {}) as Answer;
  const version = metadata?.resourceVersion;
  // What is written in Go may say null for none.
  const isList = typeof kind === 'string' && kind.endsWith('List') && (Array.isArray(items) || items === null);
  if (!isList || typeof version !== 'string' || version === '') throw noAnswer(about, `it is ${kindOf(answer)}, no list with a version`);
  return { items: items ?? [], resourceVersion: version, next: metadata?.continue };
}

/** @throws KubeApiError, as for a broken connection, when the answer is not what discovery gives: it says nothing of any kind. */
export function resourcesIn(answer: unknown, about: string): readonly ApiResource[] {
  const { kind, resources } = (answer ?? {}) as Answer;
  if (kind === 'APIResourceList' && (Array.isArray(resources) || resources === null)) return resources ?? [];
  throw noAnswer(about, `it is ${kindOf(answer)}, no APIResourceList`);
}

function kindOf(answer: unknown): string {
  const kind = (answer as Answer | null)?.kind;
  return typeof kind === 'string' && /^[A-Za-z]{1,60}$/.test(kind) ? `a ${kind}` : 'of no kind';
}

function noAnswer(about: string, why: string): KubeApiError {
  return unreachable({ about }, new Error(why));
}
