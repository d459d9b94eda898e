import type { InjectedWorkload } from '../../../src/survey/targets.ts';

/** An injected workload; mode both with the Python bootstrap unless said otherwise. */
export function injected(parts: Partial<InjectedWorkload>): InjectedWorkload {
  return {
    kind: 'Deployment',
    namespace: 'demo',
    name: 'my-rag',
    backend: 'both',
    bootstrap: 'python',
    stack: 'duotel/duotel',
    service: 'my-rag',
    podLabels: { app: 'my-rag' },
    ...parts,
  };
}
