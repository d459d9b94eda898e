import { IDENTITY } from '../change/resource-attributes.ts';
import { type EnvContent, holds } from '../workload/env-content.ts';
import type { Container } from '../workload/pod-template.ts';

/** Sign that a container was injected: a variable that nobody else would write. */
export const MARKER: { readonly name: string; readonly content: EnvContent } = {
  name: IDENTITY.podUid,
  content: { fieldPath: 'metadata.uid' },
};

/** Whether a container of a pod or of a pod template bears it. */
export function bearsMarker({ env = [] }: Container): boolean {
  return env.some((item) => item.name === MARKER.name && holds(item, MARKER.content));
}
