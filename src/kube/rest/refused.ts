import type { Dispatcher } from 'undici';
import { type ApiErrorBody, KubeApiError } from '../kube-api.ts';

interface About {
  /** `patch Deployment/demo/my-rag` */
  readonly about: string;
}

interface Status {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly name?: string; readonly causes?: ApiErrorBody['causes'] };
}

/** No answer, or one that is not the API server's. */
export function unreachable({ about }: About, error: unknown): KubeApiError {
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = 'code' in cause ? ` (${String(cause.code)})` : '';
  const body: ApiErrorBody = { status: 0, reason: 'Unreachable', message: `${cause.message}${code}`, causes: [] };
  return new KubeApiError(`${about}: no usable answer from the API server: ${cause.message}${code}`, body, { cause });
}

/** What an answer that is not 2xx says. */
export async function refused({ about }: About, response: Dispatcher.ResponseData): Promise<KubeApiError> {
  const text = await response.body.text().catch(() => '');
  let status: Status = {};
  try {
    status = (JSON.parse(text) as Status | null) ?? {};
  } catch {
    // A proxy's page, not a Status object: its text is the best message there is.
  }
  const retryAfter = retryAfterSeconds(String(response.headers['retry-after'] ?? ''), Date.now());
  const body: ApiErrorBody = {
    status: response.statusCode,
    reason: status.reason ?? `Http${response.statusCode}`,
    message: status.message ?? text.slice(0, 500),
    causes: status.details?.causes ?? [],
    ...(retryAfter !== undefined && { retryAfter }),
    // A missing object is named in the details; a missing resource type has none, or is no Status at all.
    ...(response.statusCode === 404 && status.details?.name === undefined && { unserved: true as const }),
  };
  return new KubeApiError(`${about}: ${body.reason}: ${body.message}`, body);
}

/** Seconds from a Retry-After header, which holds seconds or an HTTP date; undefined when it holds neither. */
export function retryAfterSeconds(header: string, nowMs: number): number | undefined {
  if (/^\d+$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - nowMs) / 1000);
}
