import { readFileSync } from 'node:fs';

/** One request that the API server answered. */
export interface AuditEvent {
  readonly verb: string;
  readonly userAgent: string;
  readonly user: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  readonly code: number;
  /** Nothing is stored, whatever the verb. */
  readonly isDryRun: boolean;
}

interface RawEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI?: string;
  readonly userAgent?: string;
  readonly user?: { readonly username?: string };
  readonly objectRef?: { readonly resource?: string; readonly namespace?: string; readonly name?: string; readonly subresource?: string };
  readonly responseStatus?: { readonly code?: number };
}

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** The log from the `from`-th line on, a JSON text each. The API server may be writing one more right now: that one is left out. */
export function auditLines(file: string, from = 0): readonly string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1).slice(from);
}

/** What the API server wrote down, from the `from`-th line on; a request once, when it is complete. */
export function auditEvents(file: string, from = 0): readonly AuditEvent[] {
  return auditLines(file, from)
    .map((line) => JSON.parse(line) as RawEvent)
    .filter(({ stage }) => stage === 'ResponseComplete' || stage === 'ResponseStarted')
    .map(({ verb, requestURI = '', userAgent = '', user, objectRef, responseStatus }) => ({
      verb,
      userAgent,
      user: user?.username ?? '',
      resource: objectRef?.resource ?? '',
      namespace: objectRef?.namespace ?? '',
      name: objectRef?.name ?? '',
      subresource: objectRef?.subresource ?? '',
      code: responseStatus?.code ?? 0,
      isDryRun: requestURI.includes('dryRun=All'),
    }));
}

/** Number of lines so far: a mark for {@link auditEvents}. */
export function auditMark(file: string): number {
  return auditLines(file).length;
}

/** Events, the renewals of its lease and its question what it may do: none changes an object that is there. */
const NO_OBJECTS = ['events', 'leases', 'selfsubjectaccessreviews'];

/** Writes that the API server carried out, but for {@link NO_OBJECTS}. */
export function objectWrites(events: readonly AuditEvent[]): readonly AuditEvent[] {
  return events.filter(
    ({ verb, resource, code, isDryRun }) => WRITES.includes(verb) && !isDryRun && !NO_OBJECTS.includes(resource) && code < 300,
  );
}

/** Those of them that our program made, be it the operator, a command or the client of a test. */
export function operatorWrites(events: readonly AuditEvent[]): readonly AuditEvent[] {
  return objectWrites(events).filter(({ userAgent }) => userAgent === 'duotel');
}

export function line({ verb, resource, subresource, namespace, name }: AuditEvent): string {
  return `${verb} ${resource}${subresource && `/${subresource}`} ${namespace}/${name}`;
}
