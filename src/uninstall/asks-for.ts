import { ANNOTATION } from '../../api/annotations.ts';

/** Whether annotations ask for telemetry, be it in a mode that exists. */
export function asksFor(annotations: Readonly<Record<string, string>> | undefined): boolean {
  const backend = annotations?.[ANNOTATION.backend];
  return backend !== undefined && backend !== 'none';
}
