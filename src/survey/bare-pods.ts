import { OPERATOR_ANNOTATIONS, PREFIX } from '../../api/annotations.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { SYSTEM_NAMESPACE } from '../../api/names.ts';
import type { OutcomeReason } from '../../api/reason.ts';
import { nestAt } from '../../api/value-at.ts';
import { decideWorkload } from '../inject/decision/decide-workload.ts';
import { settingsOf } from '../inject/wishes/settings.ts';
import { controllerOf } from '../inject/workload/controller-of.ts';
import { templatePathOf } from '../inject/workload/kinds.ts';

/** The topmost object above pods that are to send telemetry, if it is no workload of an injected kind. */
export interface BarePod {
  readonly namespace: string;
  /** A kind of OTHER_POD_KINDS, or any other kind that makes pods. */
  readonly kind: string;
  readonly name: string;
  /** The mode that is asked for; empty where nobody can tell. */
  readonly backend: string;
  readonly state: 'blocked';
  readonly reason: OutcomeReason;
  readonly message: string;
  /**
   * Where the annotation is. If it is on the Namespace, it asks for everything in it, and nobody need have meant this object: that is no
   * failure.
   */
  readonly asked: 'itself' | 'pods' | 'namespace';
}

type Annotations = Readonly<Record<string, string>>;

interface Top {
  readonly object: KubeObject;
  /** The annotations of its pods. For a ReplicaSet or Job these are those of its pod template, which its metadata does not show. */
  podAnnotations: Annotations;
}

/**
 * Finds bare pods in lists of metadata, object by object, and keeps only what may be told. Makers of pods are added before the pods: if the
 * ReplicaSet of a pod is not known, the pod is younger than the list, or about to be deleted with it.
 */
export class BarePods {
  readonly #namespaces: ReadonlyMap<string, KubeObject>;
  /** By uid. */
  readonly #tops = new Map<string, Top>();
  /** By the uid of a ReplicaSet or Job: the uid of its maker, of an unknown kind. */
  readonly #foreign = new Map<string, string>();

  /** `namespaces`: those that are known. An unknown Namespace asks for nothing. */
  constructor(namespaces: ReadonlyMap<string, KubeObject>) {
    this.#namespaces = namespaces;
  }

  add(object: KubeObject): void {
    const { uid = '', namespace, deletionTimestamp, annotations = {} } = object.metadata;
    if (deletionTimestamp !== undefined) return;
    const controller = controllerOf(object);
    if (controller === undefined) {
      // A maker of pods is kept in any case: its pods may yet show that it is asked.
      if (object.kind !== 'Pod' || this.#isAsked(object)) this.#tops.set(uid, { object: slim(object), podAnnotations: {} });
      return;
    }
    switch (controller.kind) {
      case 'injected':
        return;
      case 'foreign': {
        const { apiVersion, kind, name, uid: makerUid } = controller.ref;
        const metadata = { name, uid: makerUid, ...(namespace !== undefined && { namespace }) };
        if (object.kind !== 'Pod') this.#foreign.set(uid, makerUid);
        if (this.#isAsked(object)) this.#notePod(makerUid, annotations, { apiVersion, kind, metadata });
        return;
      }
      case 'other': {
        const makerUid = controller.ref.uid;
        this.#notePod(this.#foreign.get(makerUid) ?? makerUid, annotations);
        return;
      }
      default:
        controller.kind satisfies never;
    }
  }

  /** In the order namespace, kind, name. `selected`: by labels. An object that is known by its pods alone has none. */
  rows(selected: (labels: Readonly<Record<string, string>>) => boolean = () => true): readonly BarePod[] {
    const tops = [...this.#tops.values()].filter(({ object }) => selected(object.metadata.labels ?? {}));
    const key = ({ namespace, kind, name }: BarePod): string => [namespace, kind, name].join('/');
    return tops.flatMap((top) => this.#row(top) ?? []).sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  #notePod(uid: string, podAnnotations: Annotations, maker?: KubeObject): void {
    const known = this.#tops.get(uid);
    if (known === undefined && maker !== undefined) this.#tops.set(uid, { object: maker, podAnnotations: ours(podAnnotations) });
    else if (known !== undefined && asks(podAnnotations)) known.podAnnotations = ours(podAnnotations);
  }

  #isAsked({ metadata: { namespace = '', annotations = {} } }: KubeObject): boolean {
    return asks(annotations) || asks(this.#namespaces.get(namespace)?.metadata.annotations ?? {});
  }

  #row({ object, podAnnotations }: Top): BarePod | undefined {
    const { name, namespace: place = '', annotations = {} } = object.metadata;
    const namespace = this.#namespaces.get(place) ?? { apiVersion: 'v1', kind: 'Namespace', metadata: { name: place } };
    const workload = { ...object, ...nestAt(templatePathOf(object), { metadata: { annotations: podAnnotations } }) };
    const { outcome } = decideWorkload({ workload, namespace, stacks: [], operatorNamespace: SYSTEM_NAMESPACE });
    if (outcome?.state !== 'blocked') return undefined;
    const asked = asks(annotations) ? 'itself' : asks(podAnnotations) ? 'pods' : 'namespace';
    // Any other trouble of a Namespace is reported once, not for each Pod in it.
    if (asked === 'namespace' && outcome.reason !== 'UnsupportedKind') return undefined;
    const settings = settingsOf(workload, namespace);
    const backend = settings.kind === 'active' ? settings.backend : '';
    const { reason, message } = outcome;
    return { namespace: place, kind: object.kind, name, backend, state: 'blocked', reason, message, asked };
  }
}

/** A list of metadata may be long, so the rest of it is not kept. */
function slim({ apiVersion, kind, metadata }: KubeObject): KubeObject {
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  return { apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }), labels, annotations: ours(annotations) } };
}

function ours(annotations: Annotations): Annotations {
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith(PREFIX)));
}

function asks(annotations: Annotations): boolean {
  return Object.keys(annotations).some((key) => key.startsWith(PREFIX) && !OPERATOR_ANNOTATIONS.includes(key));
}
