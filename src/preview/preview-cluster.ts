import { isDeepStrictEqual } from 'node:util';
import { PREFIX } from '../../api/annotations.ts';
import type { Fields } from '../../api/fields.ts';
import type { KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, SYSTEM_NAMESPACE } from '../../api/names.ts';
import type { OutcomeReason, OutcomeState } from '../../api/reason.ts';
import type { Runtime } from '../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../api/runtimes/runtimes.ts';
import { valueAt } from '../../api/value-at.ts';
import type { Patch } from '../inject/change/template-patch.ts';
import { decideWorkload } from '../inject/decision/decide-workload.ts';
import type { Decision } from '../inject/decision/decision.ts';
import { heldBack, suspendedStacks } from '../inject/decision/suspension.ts';
import { type InjectionRecord, readRecord } from '../inject/record/record.ts';
import { presentStack } from '../inject/wishes/stack-choice.ts';
import { workloadKind } from '../inject/workload/kinds.ts';
import { podTemplate } from '../inject/workload/pod-template.ts';
import { isApiError, type KubeApi, KubeApiError } from '../kube/kube-api.ts';
import { refusalText } from '../kube/refusal.ts';
import type { Survey } from '../survey/survey.ts';

/** What would happen to one workload. */
export interface WorkloadPreview {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** `annotate`: annotations only. `none`: the workload is as it should be, or nothing can be done. */
  readonly action: 'inject' | 'change' | 'revert' | 'annotate' | 'none';
  readonly state: Exclude<OutcomeState, 'note'>;
  readonly reason: OutcomeReason;
  readonly message: string;
  /** Variables that would be the operator's afterwards, over all containers. */
  readonly variables: number;
  /** What the change would do to pods, as the API server answers. */
  readonly effect: 'rollout' | 'next job' | 'pods must be deleted' | 'none';
  /** ConfigMaps that would be made. */
  readonly configMaps: readonly string[];
  /** Why the API server would refuse it. Nothing that the object holds is in it. */
  readonly refused?: string;
}

export interface PreviewOptions {
  /** Annotations that the plan assumes on the selected workloads; null: it assumes that they are absent. */
  readonly annotate?: Readonly<Record<string, string | null>>;
  /** Which workloads; default all. */
  readonly selected?: (workload: KubeObject) => boolean;
  readonly onProgress?: (done: number, all: number) => void;
  /** The languages that can be asked for. Default: those of this release. */
  readonly runtimes?: readonly Runtime[];
}

const AT_ONCE = 8;

/**
 * What the operator would do to each workload if it ran now. The API server tries every change as a dry run of the same patch
 * (`dryRun=All`: with admission, nothing stored). Nothing is written.
 */
export async function previewCluster(api: KubeApi, survey: Survey, options: PreviewOptions = {}): Promise<readonly WorkloadPreview[]> {
  const { selected = () => true, onProgress = () => undefined } = options;
  const workloads = survey.workloads.filter(selected);
  const rows: WorkloadPreview[] = [];
  for (let index = 0; index < workloads.length; index += AT_ONCE) {
    const batch = workloads.slice(index, index + AT_ONCE);
    rows.push(...(await Promise.all(batch.map((workload) => rehearse(api, survey, workload, options)))).flat());
    onProgress(Math.min(index + AT_ONCE, workloads.length), workloads.length);
  }
  return rows;
}

async function rehearse(
  api: KubeApi,
  survey: Survey,
  workload: KubeObject,
  { annotate = {}, runtimes = RUNTIMES }: PreviewOptions,
): Promise<readonly WorkloadPreview[]> {
  const type = await api.resourceType(workload.apiVersion, workload.kind);
  for (let live = workload, attempt = 1; ; attempt += 1) {
    const decided = decide(survey, live, annotate, runtimes);
    if (decided === undefined) return [];
    const { decision, patch, row } = decided;
    if (patch === undefined) return [row];
    try {
      const configMaps = await missing(api, 'needs' in decision ? decision.needs : []);
      const answer = await api.patch(type, live.metadata, patch.type, patch.body, { fieldManager: FIELD_MANAGER, dryRun: 'All' });
      return [{ ...row, configMaps, effect: effectOf(live, answer) }];
    } catch (error) {
      if (!(error instanceof KubeApiError)) throw error;
      if (isApiError(error, 'Conflict') && attempt < 5) {
        const read = await api.get(type, live.metadata);
        if (read === undefined) return [];
        live = read;
        continue;
      }
      // No answer is no decision; a refusal is one.
      if (error.body.status < 400 || error.body.status === 401 || error.body.status >= 500) throw error;
      return [{ ...row, refused: refusalText(error.body) }];
    }
  }
}

function decide(survey: Survey, live: KubeObject, annotate: Readonly<Record<string, string | null>>, runtimes: readonly Runtime[]) {
  const namespace = survey.namespaces.get(live.metadata.namespace ?? '');
  if (namespace === undefined) return undefined;
  const stacks = survey.stacks.map(({ config }) => config);
  const workload = annotated(live, annotate);
  const decision = decideWorkload({ workload, namespace, stacks, operatorNamespace: SYSTEM_NAMESPACE, runtimes });
  const held = heldBack(decision, presentStack(workload, stacks), suspendedStacks(survey.stacks));
  if (!('outcome' in decision) || decision.outcome === undefined) {
    if (decision.action !== 'release') return undefined;
  }
  const current = live.metadata.annotations ?? {};
  const asked = Object.fromEntries(Object.entries(annotate).filter(([key, value]) => (current[key] ?? null) !== value));
  const record = recordAfter(live, decision);
  const patch = held === undefined ? patchOf(live, decision, asked) : undefined;
  const { outcome } = held ?? decision;
  const row: WorkloadPreview = {
    namespace: live.metadata.namespace ?? '',
    kind: live.kind,
    name: live.metadata.name,
    action: held === undefined ? actionOf(live, decision, patch) : 'none',
    state: outcome?.state ?? 'off',
    reason: outcome?.reason ?? 'Reverted',
    message: outcome?.message ?? '',
    variables: Object.values(record?.containers ?? {}).reduce((sum, { env }) => sum + Object.keys(env).length, 0),
    effect: 'none',
    configMaps: [],
  };
  return { decision, patch, row };
}

/** The workload as it would be with these annotations. */
export function annotated(workload: KubeObject, annotate: Readonly<Record<string, string | null>>): KubeObject {
  const entries = Object.entries({ ...workload.metadata.annotations, ...annotate });
  const kept = entries.filter((entry): entry is [string, string] => entry[1] !== null);
  return { ...workload, metadata: { ...workload.metadata, annotations: Object.fromEntries(kept) } };
}

/** The write, with the annotations that are only assumed: the API server must see what it will see then. */
function patchOf(live: KubeObject, decision: Decision, asked: Readonly<Record<string, string | null>>): Patch | undefined {
  if (decision.action === 'none' || decision.action === 'release') {
    if (Object.keys(asked).length === 0) return decision.action === 'release' ? decision.patch : undefined;
    const { resourceVersion } = live.metadata;
    return { type: 'application/merge-patch+json', body: { metadata: { resourceVersion, annotations: asked } } };
  }
  const body = decision.patch.body as { readonly metadata: { readonly annotations: Fields } & Fields } & Fields;
  return { ...decision.patch, body: { ...body, metadata: { ...body.metadata, annotations: { ...asked, ...body.metadata.annotations } } } };
}

function actionOf(live: KubeObject, decision: Decision, patch: Patch | undefined): WorkloadPreview['action'] {
  switch (decision.action) {
    case 'inject':
      return typeof readRecord(live) === 'string' ? 'inject' : 'change';
    case 'revert':
      return 'revert';
    case 'status':
    case 'release':
      return 'annotate';
    case 'none':
      return patch === undefined ? 'none' : 'annotate';
    default:
      return decision satisfies never;
  }
}

function recordAfter(live: KubeObject, decision: Decision): InjectionRecord | undefined {
  if (decision.action === 'inject') return decision.record;
  const record = decision.action === 'revert' ? 'absent' : readRecord(live);
  return typeof record === 'string' ? undefined : record;
}

/** Names of the missing ones; each is tried as a dry run too. */
async function missing(api: KubeApi, needs: readonly KubeObject[]): Promise<readonly string[]> {
  const type = await api.resourceType('v1', 'ConfigMap');
  const names: string[] = [];
  for (const need of needs) {
    if ((await api.get(type, need.metadata)) !== undefined) continue;
    await api.patch(type, need.metadata, 'application/apply-patch+yaml', need, { fieldManager: FIELD_MANAGER, force: true, dryRun: 'All' });
    names.push(need.metadata.name);
  }
  return names;
}

function effectOf(live: KubeObject, answer: KubeObject): WorkloadPreview['effect'] {
  const path = workloadKind(live)?.templatePath ?? [];
  if (podTemplate(live) === undefined || isDeepStrictEqual(valueAt(live, path), valueAt(answer, path))) return 'none';
  if (live.kind === 'CronJob') return 'next job';
  return valueAt(live, ['spec', 'updateStrategy', 'type']) === 'OnDelete' ? 'pods must be deleted' : 'rollout';
}

/** Whether an object, or its Namespace, says anything of us. */
export function isAnnotated(object: KubeObject): boolean {
  return Object.keys(object.metadata.annotations ?? {}).some((key) => key.startsWith(PREFIX));
}
