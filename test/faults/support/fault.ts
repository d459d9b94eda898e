import type { ApiRequest } from './api-request.ts';

/** What a line of a watch becomes: text is sent as it is, everything else is done to the stream. */
export type StreamStep =
  | string
  | Buffer
  | { readonly wait: number }
  /** The stream ends as the API server ends one. */
  | { readonly end: true }
  /** The connection is reset. */
  | { readonly reset: true }
  /** Nothing more comes, and nothing ends. */
  | { readonly hold: true };

export interface WatchLine {
  /** With its line break. */
  readonly text: string;
  readonly type: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
  readonly resourceVersion: string;
  /** Counts from 0 within this stream. */
  readonly index: number;
}

/** One thing that goes wrong with a request. */
export type Fault =
  /** Answered by the proxy; the API server never sees it. */
  | {
      readonly do: 'answer';
      readonly status: number;
      readonly body: string | object;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection is reset before the request is passed on. */
  | { readonly do: 'cut' }
  /** Taken and never answered. */
  | { readonly do: 'hang' }
  | { readonly do: 'delay'; readonly ms: number }
  /** Carried out, and the connection reset in place of the answer. */
  | { readonly do: 'lose' }
  /** The operator is killed before the request is passed on, or after it was carried out; it sees no answer. */
  | { readonly do: 'crash'; readonly when: 'before' | 'after' }
  /** The request's URL is another one for the API server. */
  | { readonly do: 'redirect'; readonly url: string }
  /** The answer's body is another one for the client. */
  | { readonly do: 'rewrite'; readonly edit: (body: string) => string }
  /** A watch's lines become what `line` makes of them; `start` comes before the first. */
  | {
      readonly do: 'stream';
      readonly start?: readonly StreamStep[];
      readonly line?: (line: WatchLine) => readonly StreamStep[];
      /** Lines are kept back for `ms` and become what `edit` makes of all that came meanwhile. */
      readonly batch?: { readonly ms: number; readonly edit: (lines: readonly WatchLine[]) => readonly string[] };
      /** Milliseconds after which the stream ends as the API server ends one. */
      readonly endAfter?: number;
    };

export interface Rule {
  readonly match: (request: ApiRequest) => boolean;
  readonly fault: Fault | ((request: ApiRequest) => Fault);
  /** Requests that match and are let through first. Default 0. */
  readonly skip?: number;
  /** Requests that it strikes. Default: all. */
  readonly times?: number;
}

/** A Status object as the API server answers with. */
export function status(
  code: number,
  reason: string,
  message: string,
  causes: readonly { readonly reason: string; readonly message: string; readonly field: string }[] = [],
): Fault {
  const details = causes.length === 0 ? {} : { details: { causes } };
  return {
    do: 'answer',
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message, code, ...details },
  };
}

/** An ERROR event of a watch. */
export function errorEvent(code: number, reason: string): string {
  const object = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', reason, message: `injected ${reason}`, code };
  return `${JSON.stringify({ type: 'ERROR', object })}\n`;
}
