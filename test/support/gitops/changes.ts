import { APP, type App } from './app.ts';

/** A change that a tool brings to an injected workload, and what must come of it. */
export interface Change {
  readonly id: string;
  /** Completes "The owner ...". */
  readonly does: string;
  /** Manifest before the change, and again after it is taken back. */
  readonly base: App;
  readonly changed: App;
  /** The opt-in stands in the manifest only: with `kubectl annotate` there is nothing to change. */
  readonly inManifestOnly?: true;
  /** Rollouts that the change is worth without us. */
  readonly theirs: number;
  /** Rollouts that the operator adds where the tool merges: to the change, and to its way back. */
  readonly ours: readonly [change: number, back: number];
  /** Beginning of the status line after the change and after its way back; undefined: there is none, the workload is not ours. */
  readonly status: readonly [change: string, back: string | undefined];
  /** What becomes of it, for the documentation. */
  readonly outcome: string;
}

export const ON = { 'duotel.io/backend': 'both' } as const;
const INJECTED = 'Injected both';
const base: App = { containers: [APP], annotations: ON };
const helper = { name: 'helper', image: 'example/helper:1' };
const withVariable = (name: string, value: string) => ({ ...APP, env: [...APP.env, { name, value }] });

export const CHANGES: readonly Change[] = [
  {
    id: 'image',
    does: 'changes the image',
    base,
    changed: { ...base, containers: [{ ...APP, image: 'example/app:2' }] },
    theirs: 1,
    ours: [0, 0],
    status: [INJECTED, INJECTED],
    outcome: 'their rollout only; it keeps what the operator set',
  },
  {
    id: 'variable',
    does: 'adds a variable of their own',
    base,
    changed: { ...base, containers: [withVariable('ADDED', 'value')] },
    theirs: 1,
    ours: [0, 0],
    status: [INJECTED, INJECTED],
    outcome: 'their rollout only; the order of their variables stays',
  },
  {
    id: 'volume',
    does: 'adds a volume and mounts it',
    base,
    changed: {
      ...base,
      containers: [{ ...APP, volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
      volumes: [{ name: 'data', emptyDir: {} }],
    },
    theirs: 1,
    // Without an item of theirs the tool drops the lists as a whole: `volumes` and `volumeMounts` go with what is ours in them.
    ours: [0, 1],
    status: [INJECTED, INJECTED],
    outcome:
      'their rollout only; when their last volume goes, their tool drops the whole list, and the operator sets its volumes again: one rollout more',
  },
  {
    id: 'label',
    does: 'adds a label to the pod template',
    base,
    changed: { ...base, templateLabels: { team: 'search' } },
    theirs: 1,
    ours: [0, 0],
    status: [INJECTED, INJECTED],
    outcome: 'their rollout only',
  },
  {
    id: 'take-over',
    does: 'sets a variable that the operator had set',
    base,
    changed: { ...base, containers: [withVariable('OTEL_SERVICE_NAME', 'theirs')] },
    theirs: 1,
    ours: [0, 1],
    status: [`${INJECTED}; EnvOwnedByUser`, INJECTED],
    outcome: 'their value wins, and the status reports it; when they give it back, the operator sets its own again: one rollout more',
  },
  {
    id: 'rename',
    does: 'renames the container',
    base,
    changed: { ...base, containers: [{ ...APP, name: 'web' }] },
    theirs: 1,
    ours: [1, 1],
    status: [INJECTED, INJECTED],
    outcome: 'the operator injects the new container: one rollout more',
  },
  {
    id: 'sidecar',
    does: 'adds a container, with duotel.io/containers: app',
    base: { ...base, annotations: { ...ON, 'duotel.io/containers': 'app' } },
    changed: { containers: [APP, helper], annotations: { ...ON, 'duotel.io/containers': 'app' } },
    theirs: 1,
    ours: [0, 0],
    status: [INJECTED, INJECTED],
    outcome: 'their rollout only; the new container gets nothing',
  },
  {
    id: 'ambiguous',
    does: 'adds a container without saying which is meant',
    base,
    changed: { ...base, containers: [APP, helper] },
    theirs: 1,
    ours: [0, 0],
    status: ['Blocked AmbiguousContainer', INJECTED],
    outcome: 'their rollout only; the injection stays, and the status asks for duotel.io/containers',
  },
  {
    id: 'removal',
    does: 'removes one of two injected containers',
    base: { containers: [APP, helper], annotations: { ...ON, 'duotel.io/containers': '*' } },
    changed: { containers: [APP], annotations: { ...ON, 'duotel.io/containers': '*' } },
    theirs: 1,
    ours: [0, 1],
    status: [INJECTED, INJECTED],
    outcome: 'their rollout only; when they bring it back, the operator injects it: one rollout more',
  },
  {
    id: 'mode',
    does: 'changes duotel.io/backend from both to openlit',
    base,
    changed: { ...base, annotations: { 'duotel.io/backend': 'openlit' } },
    inManifestOnly: true,
    theirs: 0,
    ours: [1, 1],
    status: ['Injected openlit', INJECTED],
    outcome: 'one rollout',
  },
  {
    id: 'opt-in',
    does: 'adds duotel.io/backend, and takes it back',
    base: { containers: [APP] },
    changed: base,
    inManifestOnly: true,
    theirs: 0,
    ours: [1, 1],
    status: [INJECTED, undefined],
    outcome: 'one rollout; one more when they take it back, and the template is what it was',
  },
];
