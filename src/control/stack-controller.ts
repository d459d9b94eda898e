import { isDeepStrictEqual } from 'node:util';
import type { TelemetryStackSpec } from '../../imports/duotel.io.ts';
import { describe, type KubeObject } from '../api/kube-object.ts';
import { COMPONENTS, componentName, FIELD_MANAGER, grafanaAdminSecret, STACK_LABEL } from '../api/names.ts';
import { type ResolvedStackSpec, resolveStackSpec, TELEMETRY_STACK } from '../api/telemetry-stack.ts';
import type { Difference } from '../apply/drift.ts';
import { workloadHealth } from '../apply/health.ts';
import { entryId, type InventoryEntry, objectEntry, sameInventory, union } from '../apply/inventory.ts';
import { type Action, differencesOf, plan } from '../apply/plan.ts';
import { type Result, write } from '../apply/write.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';
import type { ClusterCache } from './cluster-cache.ts';
import type { EventRecorder } from './events.ts';
import { createGrafanaAdmin } from './grafana-admin.ts';
import { errorText, type Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { type ComponentLine, type StackOutcome, stackStatus, statusOf, type WorkloadCounts } from './stack-status.ts';

/** Kinds that a stack's manifests may hold, all in the stack's namespace. */
export const STACK_KINDS = [
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
] as const;

const NO_WORKLOADS: WorkloadCounts = { injected: 0, pending: 0, blocked: 0, reverted: 0 };

export interface StackControllerOptions {
  readonly api: KubeApi;
  readonly cache: ClusterCache;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** The namespace of the operator: stacks elsewhere are refused, so that it needs no rights there. */
  readonly namespace: string;
  readonly synth: (input: { readonly name: string; readonly namespace: string; readonly spec: ResolvedStackSpec }) => readonly KubeObject[];
  /** false while it is not known which stacks are wanted: what belongs to none is left alone then. */
  readonly mayCollect: () => boolean;
  /** `reverted`: their number by the stack's status so far. */
  readonly workloads: (stack: string, reverted: number) => WorkloadCounts;
}

/** Keeps the objects of each TelemetryStack as its spec says, and its status as they are. */
export class StackController {
  readonly #options: StackControllerOptions;
  /** By object identity: what stayed different after our own write of these very bytes. */
  readonly #tolerated = new Map<string, { readonly desired: KubeObject; readonly differences: readonly Difference[] }>();
  readonly #rendered = new Map<string, { readonly spec: unknown; readonly objects: readonly KubeObject[] }>();

  constructor(options: StackControllerOptions) {
    this.#options = options;
  }

  async reconcile(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const stack = this.#options.cache.get(TELEMETRY_STACK.kind, { namespace, name });
    if (stack === undefined) return this.#collect(namespace, name);
    if (stack.metadata.deletionTimestamp !== undefined) return;
    const outcome =
      namespace === this.#options.namespace ? await this.#apply(stack).catch((error) => this.#failed(stack, error)) : this.#refuse(stack);
    await this.#report(stack, outcome);
    if (outcome.failures.length > 0) throw new Error(outcome.failures.join('; '));
  }

  #refuse(stack: KubeObject): StackOutcome {
    const { namespace } = this.#options;
    const message = `metadata.namespace is ${stack.metadata.namespace}, expected ${namespace}: the operator has rights in its own namespace only; create the TelemetryStack there`;
    const stalled = { reason: 'WrongNamespace', message };
    return { stalled, failures: [], suspended: false, components: [], inventory: [], workloads: NO_WORKLOADS };
  }

  /** A spec that cannot be rendered changes nothing, and says so. */
  #failed(stack: KubeObject, error: unknown): StackOutcome {
    const { components = [], inventory = [], workloads = NO_WORKLOADS } = statusOf(stack);
    return { failures: [`${describe(stack)}: ${errorText(error)}`], suspended: false, components, inventory, workloads };
  }

  async #apply(stack: KubeObject): Promise<StackOutcome> {
    const { api, cache, metrics, logger } = this.#options;
    const { name, namespace = '' } = stack.metadata;
    const spec = resolveStackSpec(stack['spec'] as TelemetryStackSpec);
    const inventory = statusOf(stack).inventory ?? [];
    const rest = {
      suspended: spec.suspend,
      components: this.#components(stack, spec),
      workloads: this.#options.workloads(`${namespace}/${name}`, statusOf(stack).workloads?.reverted ?? 0),
    };
    if (spec.suspend) return { ...rest, failures: [], inventory };

    const desired = this.#render(name, namespace, spec);
    const actions = plan({
      desired,
      live: (entry) => cache.live(entry),
      inventory,
      isOurs: (live) => live.metadata.labels?.[STACK_LABEL] === name,
      tolerated: (object, difference) => this.#isTolerated(object, difference),
    });
    await this.#announce(stack, inventory, actions);
    const results = await write(api, actions);
    const failures: string[] = [];
    for (const result of results) {
      this.#learn(result);
      const { action, error } = result;
      const subject = action.type === 'delete' ? `${action.entry.kind}/${action.entry.name}` : describe(action.object);
      if (error !== undefined) failures.push(`${subject}: ${errorText(error)}`);
      else if (action.type !== 'keep') {
        metrics.driftCorrections.inc({ kind: action.type === 'delete' ? action.entry.kind : action.object.kind });
        const paths = action.type === 'update' ? action.differences.map((difference) => difference.path).join(', ') : undefined;
        logger.info('object written', {
          stack: name,
          action: action.type,
          object: subject,
          ...(paths !== undefined && { fields: paths.slice(0, 500) }),
        });
      }
    }
    if (spec.grafana.enabled && cache.get('Secret', { namespace, name: grafanaAdminSecret(name) }) === undefined) {
      const failure = await createGrafanaAdmin(api, name, namespace).catch(errorText);
      if (failure !== undefined) failures.push(failure);
    }
    return { ...rest, ...stalledBy(results), failures, inventory: keptAfter(inventory, results) };
  }

  #render(name: string, namespace: string, spec: ResolvedStackSpec): readonly KubeObject[] {
    const known = this.#rendered.get(name);
    if (known !== undefined && isDeepStrictEqual(known.spec, spec)) return known.objects;
    const objects = this.#options.synth({ name, namespace, spec });
    this.#rendered.set(name, { spec, objects });
    return objects;
  }

  #isTolerated(object: KubeObject, difference: Difference): boolean {
    const known = this.#tolerated.get(entryId(objectEntry(object)));
    if (known === undefined || !isDeepStrictEqual(known.desired, object)) return false;
    return known.differences.some((other) => other.path === difference.path && isDeepStrictEqual(other.live, difference.live));
  }

  /** Remembers the API server's answer, and what it made of our bytes (its normal form, an admission webhook's wish). */
  #learn({ action, object }: Result): void {
    if (object === undefined || action.type === 'delete' || action.type === 'keep') return;
    this.#options.cache.remember(object);
    const differences = differencesOf(action.object, object);
    const id = entryId(objectEntry(action.object));
    if (differences.length === 0) this.#tolerated.delete(id);
    else this.#tolerated.set(id, { desired: action.object, differences });
  }

  /** Writes down what is about to be created before it is: a crash in between leaves an entry without an object, never the reverse. */
  async #announce(stack: KubeObject, inventory: readonly InventoryEntry[], actions: readonly Action[]): Promise<void> {
    const coming = actions.flatMap((action) => (action.type === 'create' ? [objectEntry(action.object)] : []));
    const widened = union(inventory, coming);
    if (coming.length > 0 && !sameInventory(widened, inventory)) await this.#patchStatus(stack, { inventory: widened });
  }

  #components(stack: KubeObject, spec: ResolvedStackSpec): readonly ComponentLine[] {
    const { name, namespace = '' } = stack.metadata;
    return COMPONENTS.filter((component) => component !== 'grafana' || spec.grafana.enabled).map((component) => {
      const live = this.#options.cache.get('StatefulSet', { namespace, name: componentName(name, component) });
      return { name: component, ...workloadHealth(live) };
    });
  }

  async #report(stack: KubeObject, outcome: StackOutcome): Promise<void> {
    const status = stackStatus(stack, outcome, new Date().toISOString());
    if (isDeepStrictEqual(statusOf(stack), JSON.parse(JSON.stringify(status)))) return;
    const before = statusOf(stack).conditions?.find((one) => one.type === 'Ready');
    await this.#patchStatus(stack, status);
    const ready = status.conditions.find((one) => one.type === 'Ready');
    if (ready === undefined || (before?.status === ready.status && before.reason === ready.reason)) return;
    const type = ready.status === 'True' || ready.reason === 'ComponentsNotReady' || ready.reason === 'Suspended' ? 'Normal' : 'Warning';
    await this.#options.events.record(stack, { type, reason: ready.reason, message: ready.message });
  }

  async #patchStatus(stack: KubeObject, status: object): Promise<void> {
    const { api, cache } = this.#options;
    const type = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind);
    const query = { subresource: 'status', fieldManager: FIELD_MANAGER };
    cache.remember(await api.patch(type, stack.metadata, 'application/merge-patch+json', { status }, query));
  }

  /** Deletes what a stack that is gone has left. Claims and the Grafana password stay: they are the user's data. */
  async #collect(namespace: string, name: string): Promise<void> {
    const { api, cache, logger } = this.#options;
    if (namespace !== this.#options.namespace || !this.#options.mayCollect()) return;
    this.#rendered.delete(name);
    const left = STACK_KINDS.flatMap(({ kind }) => cache.values(kind)).filter(
      ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[STACK_LABEL] === name,
    );
    const actions = left.map((live): Action => ({ type: 'delete', entry: objectEntry(live), live }));
    const results = await write(api, actions);
    const failed = results.filter((result) => result.error !== undefined);
    logger.info('stack is gone, its objects deleted', { stack: name, deleted: results.length - failed.length, failed: failed.length });
    if (failed.length > 0) throw new Error(failed.map((result) => errorText(result.error)).join('; '));
  }
}

/** The inventory after a pass: what was wanted and what could not be deleted. */
function keptAfter(inventory: readonly InventoryEntry[], results: readonly Result[]): readonly InventoryEntry[] {
  const kept = results.flatMap(({ action, object, error }): readonly InventoryEntry[] => {
    if (action.type === 'delete') return error === undefined ? [] : [action.entry];
    if (object !== undefined) return [objectEntry(object)];
    const known = inventory.find((entry) => entryId(entry) === entryId(objectEntry(action.object)));
    return [known ?? objectEntry(action.object)];
  });
  return union([], kept);
}

/** An object that the API server will refuse again, whatever we do, stalls the stack until somebody changes something. */
function stalledBy(results: readonly Result[]): Pick<StackOutcome, 'stalled'> {
  const refused = results.filter(({ error }) => isApiError(error, 'Invalid') || isApiError(error, 'Forbidden'));
  if (refused.length === 0) return {};
  const message = refused.map(({ action, error }) => errorText(error) + wayOut(action)).join('; ');
  return { stalled: { reason: 'ObjectRefused', message: message.slice(0, 2000) } };
}

/** A StatefulSet's claims cannot be changed in place; its pods and claims outlive it. */
function wayOut(action: Action): string {
  if (action.type !== 'update' || !action.differences.some(({ path }) => path.startsWith('spec.volumeClaimTemplates'))) return '';
  const { name, namespace } = action.object.metadata;
  return ` To have the new storage settings: kubectl delete statefulset ${name} -n ${namespace} --cascade=orphan; the operator makes it again`;
}
