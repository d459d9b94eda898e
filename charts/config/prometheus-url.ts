import { PORT } from '../../api/names.ts';
import type { StackRef } from '../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import { address } from './edges.ts';

/** Where Prometheus answers, ours or the user's, without a slash at the end. */
export function prometheusUrl(stack: StackRef, { prometheus }: ResolvedStackSpec): string {
  return prometheus.url?.replace(/\/$/, '') ?? `http://${address(stack, 'prometheus', PORT.prometheus)}`;
}
