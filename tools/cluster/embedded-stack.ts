import { LOCAL_IMAGES } from '../images/images.ts';

/** What the embedded cluster cannot have, in one sentence for people. */
export const EMBEDDED_NOTE =
  'Grafana is off on the embedded cluster: its image exists in no registry that this cluster can reach, and it cannot be built from a package registry. ' +
  'Its provisioning files are validated and every dashboard query is run against the real Prometheus instead.';

/** The part of a TelemetryStack spec that differs on the embedded cluster. */
export interface EmbeddedStackSpec {
  readonly collector: { readonly image: string };
  readonly jaeger: { readonly image: string };
  readonly prometheus: { readonly image: string };
  readonly grafana: { readonly mode: 'sidecar' };
}

/** Image overrides of the TelemetryStack, and the operator's image, for the embedded cluster. */
export function embeddedStack(): { readonly spec: EmbeddedStackSpec; readonly operatorImage: string; readonly note: string } {
  return {
    spec: {
      collector: { image: LOCAL_IMAGES.collector },
      jaeger: { image: LOCAL_IMAGES.jaeger },
      prometheus: { image: LOCAL_IMAGES.prometheus },
      grafana: { mode: 'sidecar' },
    },
    operatorImage: LOCAL_IMAGES.node,
    note: EMBEDDED_NOTE,
  };
}
