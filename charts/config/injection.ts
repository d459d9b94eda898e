import { PORT } from '../../api/names.ts';
import type { StackRef } from '../../api/stack-ref.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';
import { address } from './edges.ts';

/** What annotated workloads get, for people to read. The operator takes the same values from the TelemetryStack. */
export interface InjectionSettings {
  readonly endpoints: { readonly http: string; readonly grpc: string };
  readonly protocol: ResolvedStackSpec['injection']['protocol'];
  /** The endpoint that goes with `protocol`. */
  readonly endpoint: string;
  readonly deploymentEnvironment?: string;
  readonly showOpenlitSpans: boolean;
}

export function injectionSettings(stack: StackRef, { injection, collector }: ResolvedStackSpec): InjectionSettings {
  const scheme = collector.tls === undefined ? 'http' : 'https';
  const endpoints = {
    http: `${scheme}://${address(stack, 'collector', PORT.otlpHttp)}`,
    grpc: `${scheme}://${address(stack, 'collector', PORT.otlpGrpc)}`,
  };
  return {
    endpoints,
    protocol: injection.protocol,
    endpoint: injection.protocol === 'grpc' ? endpoints.grpc : endpoints.http,
    ...(injection.deploymentEnvironment !== undefined && { deploymentEnvironment: injection.deploymentEnvironment }),
    showOpenlitSpans: injection.showOpenlitSpans,
  };
}
