import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** One request that the API server answered, as its audit log tells. */
export interface AuditedRequest {
  readonly verb: string;
  readonly user: string;
  readonly userAgent: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly code: number;
  /** Nothing is stored, whatever the verb. */
  readonly isDryRun: boolean;
  /** Milliseconds since 1970, when the server had received it, and when it had answered. */
  readonly received: number;
  readonly answered: number;
}

interface RawEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI?: string;
  readonly userAgent?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
  readonly requestReceivedTimestamp: string;
  readonly stageTimestamp: string;
}

const CHUNK = 1 << 22;
const WRITES: readonly string[] = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Reads an audit log as it grows, each line once. Requests that stream (watches) are told when they start. */
export class AuditReader {
  readonly #file: string;
  #offset: number;
  #rest: Buffer = Buffer.alloc(0);

  /** From the log's present end on. */
  constructor(file: string) {
    this.#file = file;
    this.#offset = statSync(file).size;
  }

  /** What has been added since the last call. */
  next(): readonly AuditedRequest[] {
    const requests: AuditedRequest[] = [];
    const file = openSync(this.#file, 'r');
    try {
      for (;;) {
        const chunk = Buffer.alloc(CHUNK);
        const length = readSync(file, chunk, 0, CHUNK, this.#offset);
        if (length === 0) return requests;
        this.#offset += length;
        const text = Buffer.concat([this.#rest, chunk.subarray(0, length)]);
        const end = text.lastIndexOf(0x0a) + 1;
        this.#rest = Buffer.from(text.subarray(end));
        for (const line of text.subarray(0, end).toString().split('\n')) {
          const request = line === '' ? undefined : auditedRequest(line);
          if (request !== undefined) requests.push(request);
        }
      }
    } finally {
      closeSync(file);
    }
  }
}

/** The request of one line of the log. A watch is logged at its start and again at its end: the end is left out. */
export function auditedRequest(line: string): AuditedRequest | undefined {
  const event = JSON.parse(line) as RawEvent;
  if (event.stage !== (event.verb === 'watch' ? 'ResponseStarted' : 'ResponseComplete')) return undefined;
  const { resource = '', subresource = '', namespace = '', name = '' } = event.objectRef ?? {};
  return {
    verb: event.verb,
    user: event.user?.username ?? '',
    userAgent: event.userAgent ?? '',
    resource,
    subresource,
    namespace,
    name,
    code: event.responseStatus?.code ?? 0,
    isDryRun: (event.requestURI ?? '').includes('dryRun=All'),
    received: Date.parse(event.requestReceivedTimestamp),
    answered: Date.parse(event.stageTimestamp),
  };
}

export const OPERATOR_USER = 'system:serviceaccount:duotel:duotel-operator';

/** Events, the renewals of a lease and the question what one may do: none changes an object that is there. */
const NO_OBJECTS: readonly string[] = ['events', 'leases', 'selfsubjectaccessreviews'];

/** Whether a request is a write of an object, other than {@link NO_OBJECTS}, that was carried out. */
export function isObjectWrite({ verb, resource, code, isDryRun }: AuditedRequest): boolean {
  return WRITES.includes(verb) && !isDryRun && !NO_OBJECTS.includes(resource) && code < 300;
}

/** Whether it is one of the operator. */
export function isOperatorWrite(request: AuditedRequest): boolean {
  return request.user === OPERATOR_USER && isObjectWrite(request);
}
