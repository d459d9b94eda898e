import { readFileSync } from 'node:fs';
import { type AuditedRequest, auditedRequest, isObjectWrite } from '../../../tools/scale/audit-reader.ts';

/** The log from the `from`-th line on, a JSON text each. The API server may be writing one more right now: that one is left out. */
export function auditLines(file: string, from = 0): readonly string[] {
  return readFileSync(file, 'utf8').split('\n').slice(0, -1).slice(from);
}

/** What the API server has answered, from the `from`-th line on. */
export function auditEvents(file: string, from = 0): readonly AuditedRequest[] {
  return auditLines(file, from).flatMap((line) => auditedRequest(line) ?? []);
}

/** Number of lines so far: a mark for {@link auditEvents}. */
export function auditMark(file: string): number {
  return auditLines(file).length;
}

/** Writes of objects that our program made, be it the operator, a command or the client of a test. */
export function operatorWrites(events: readonly AuditedRequest[]): readonly AuditedRequest[] {
  return events.filter((event) => event.userAgent === 'duotel' && isObjectWrite(event));
}

export function line({ verb, resource, subresource, namespace, name }: AuditedRequest): string {
  return `${verb} ${resource}${subresource && `/${subresource}`} ${namespace}/${name}`;
}
