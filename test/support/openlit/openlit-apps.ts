import { type ActiveBackend, ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { SpanProducer } from '../../../api/metrics/span-metrics.ts';
import { ragPythonObjects } from '../../../tools/demo/manifests.ts';
import { openLitImage } from './openlit-images.ts';
import type { OpenLitRelease } from './openlit-versions.ts';

/** An app of examples/rag-python with a release of OpenLIT. */
export interface OpenLitApp {
  readonly release: OpenLitRelease;
  readonly backend: ActiveBackend;
  /** Who starts the producers: the mounted bootstrap, or the app's own self_setup.py, which gets variables alone. */
  readonly startedBy: 'bootstrap' | 'app';
  /** Whose spans `calls_total` counts. */
  readonly producers: readonly SpanProducer[];
}

const bootstrapped = (release: OpenLitRelease, backend: ActiveBackend): OpenLitApp => ({
  release,
  backend,
  startedBy: 'bootstrap',
  producers: [backend === 'openlit' ? 'openlit' : 'openinference'],
});

/** The bootstrap takes OpenLIT from 1.40 on. An older one has to be started by the app; then httpx of its own is traced too. */
export const APPS: readonly OpenLitApp[] = [
  { release: '1.36.3', backend: 'openlit', startedBy: 'app', producers: ['app', 'openlit'] },
  { release: '1.36.3', backend: 'both', startedBy: 'app', producers: ['app', 'openinference', 'openlit'] },
  bootstrapped('1.36.3', 'openinference'),
  ...(['1.40.0', '1.45.0'] as const).flatMap((release) =>
    (['openlit', 'openinference', 'both'] as const).map((backend) => bootstrapped(release, backend)),
  ),
];
/** The bootstrap refuses its OpenLIT, and starts the other producer alone. */
export const REFUSED = bootstrapped('1.36.3', 'both');
export const ALL: readonly OpenLitApp[] = [...APPS, REFUSED];

export const nameOf = ({ release, backend, startedBy }: OpenLitApp) => `rag-${release.replaceAll('.', '-')}-${backend}-${startedBy}`;
/** Title and app, as `describe.each` takes them. */
export const titled = (apps: readonly OpenLitApp[]) =>
  apps.map((app) => [`OpenLIT ${app.release} in mode ${app.backend}, started by the ${app.startedBy}`, app] as const);

/** The app with its annotations and without a pod: it is injected before the first one starts, which spares two cores half of the starts. */
export function objectsOf(app: OpenLitApp, namespace: string): readonly KubeObject[] {
  const program = app.startedBy === 'app' ? 'self_setup.py' : 'app.py';
  const annotations = { [ANNOTATION.backend]: app.backend, ...(app.startedBy === 'bootstrap' && { [ANNOTATION.bootstrap]: 'python' }) };
  return ragPythonObjects(namespace, openLitImage(app.release), { name: nameOf(app), program }).map((object) =>
    object.kind === 'Deployment'
      ? { ...object, metadata: { ...object.metadata, annotations }, spec: { ...(object['spec'] as object), replicas: 0 } }
      : object,
  );
}
