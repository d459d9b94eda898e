import { ANNOTATION } from '../../api/annotations.ts';
import { describe, type KubeObject } from '../../api/kube-object.ts';
import { FIELD_MANAGER, OPERATOR_NAME, SYSTEM_NAMESPACE } from '../../api/names.ts';
import { listStacks } from '../survey/survey.ts';
import { listWorkloads } from '../survey/workloads.ts';
import { asksFor } from './asks-for.ts';
import { attempt } from './attempt.ts';
import { uninstallObstacle } from './obstacle.ts';
import { refusal } from './refusal.ts';
import type { UninstallOptions } from './uninstall-options.ts';

/**
 * Opts every workload out, also those that are made meanwhile, and waits for the operator to revert them. If one is refused, the others go
 * on.
 * @returns the objects whose annotations must go.
 * @throws Error that names the workloads that can not be given back, after all others are.
 */
export async function giveBack(options: UninstallOptions): Promise<readonly KubeObject[]> {
  const { api, clock, dryRun, onStep, limitMs = 120_000 } = options;
  /** Objects, and kinds, that can not be given back. */
  const refused = new Set<string>();
  const fail = (object: string, message: string): void => {
    refused.add(object);
    onStep({ object, action: 'failed', message });
  };
  const all = (kind: string): string => `${kind}/*/*`;
  const workloads = await listWorkloads(api, undefined, (kind, error) => fail(all(kind), `not looked at: ${refusal(error)}`));
  const namespaces = (await api.list(await api.resourceType('v1', 'Namespace'))).items;
  const byDefault = new Set(namespaces.filter(asks).map(({ metadata }) => metadata.name));
  const going = new Set(namespaces.filter(isGoing).map(({ metadata }) => metadata.name));
  const stays = (object: KubeObject): boolean => !isGoing(object) && !going.has(object.metadata.namespace ?? '');
  const obstacle = uninstallObstacle(workloads.filter(stays), namespaces.filter(stays), await listStacks(api));
  if (obstacle !== undefined) throw new Error(`${obstacle}, or use --keep. Nothing was changed`);

  /** By UID: one that is made anew under its name asks anew. */
  const seen = new Set<string | undefined>();
  const optedOut: KubeObject[] = [];
  /** @returns whether it was found to be gone. */
  const optOut = async (object: KubeObject): Promise<boolean> => {
    const { uid, namespace = '' } = object.metadata;
    const wishes = isInjected(object) || asks(object) || (!optsOut(object) && byDefault.has(namespace));
    if (!wishes || !stays(object) || seen.has(uid ?? describe(object))) return false;
    seen.add(uid ?? describe(object));
    optedOut.push(object);
    if (optsOut(object)) return false;
    const done = dryRun ? undefined : await attempt(api, () => setBackendNone(options, object));
    if (done?.kind === 'refused') fail(describe(object), `not opted out: ${done.message}`);
    else onStep({ object: describe(object), action: done?.kind === 'gone' ? 'gone' : 'opted out' });
    return done?.kind === 'gone';
  };
  if (dryRun) {
    for (const object of workloads) await optOut(object);
    // The `none` that would be written goes with the rest.
    return [...namespaces, ...workloads.map((one) => (optedOut.includes(one) ? withBackendNone(one) : one))];
  }

  const waiting = new Map<string, KubeObject>();
  const end = clock.now() + limitMs;
  for (let live = workloads; ; live = (await listAgain()) ?? live) {
    for (const object of live) {
      if (await optOut(object)) continue;
      if (isInjected(object) && stays(object) && !refused.has(describe(object))) waiting.set(describe(object), object);
    }
    const present = new Map(live.map((object) => [describe(object), object]));
    for (const name of waiting.keys()) {
      const now = present.get(name);
      if (now !== undefined && isInjected(now) && stays(now)) continue;
      waiting.delete(name);
      onStep({ object: name, action: now === undefined || !stays(now) ? 'gone' : 'reverted' });
    }
    if (waiting.size === 0 || clock.now() >= end) break;
    await clock.sleep(500);
  }
  const within = `not reverted within ${limitMs / 1000} s`;
  const others = [...refused];
  for (const [name, { metadata }] of waiting) {
    const status = metadata.annotations?.[ANNOTATION.status];
    fail(name, `${within}${status === undefined ? '' : `; the operator says of it: ${status}`}`);
  }
  if (refused.size > 0) throw new Error(whatStays(others, [...waiting.keys()], within));
  return [];

  /** undefined where a kind that was listed before is not: its workloads would look as if they were gone. */
  async function listAgain(): Promise<readonly KubeObject[] | undefined> {
    let complete = true;
    const listed = await attempt(api, () =>
      listWorkloads(api, undefined, (kind) => {
        complete &&= refused.has(all(kind));
      }),
    );
    return complete && listed.kind === 'done' ? listed.value : undefined;
  }
}

function whatStays(refused: readonly string[], late: readonly string[], within: string): string {
  const operator = `Is the operator running? kubectl -n ${SYSTEM_NAMESPACE} logs deployment/${OPERATOR_NAME}`;
  const parts = [
    ...(refused.length === 0 ? [] : [`${refused.join(', ')}: refused, for the reasons given`]),
    ...(late.length === 0 ? [] : [`${late.join(', ')}: ${within}. ${operator}`]),
  ];
  return `${parts.join('; ')}. Nothing was deleted, the other workloads are opted out by ${ANNOTATION.backend}=none; run the command again, or use --keep`;
}

async function setBackendNone({ api }: UninstallOptions, { apiVersion, kind, metadata }: KubeObject): Promise<void> {
  const annotations = { [ANNOTATION.backend]: 'none' };
  const type = await api.resourceType(apiVersion, kind);
  await api.patch(type, metadata, 'application/merge-patch+json', { metadata: { annotations } }, { fieldManager: FIELD_MANAGER });
}

function withBackendNone(object: KubeObject): KubeObject {
  const annotations = { ...object.metadata.annotations, [ANNOTATION.backend]: 'none' };
  return { ...object, metadata: { ...object.metadata, annotations } };
}

/** The operator writes nothing on what is being deleted. */
function isGoing({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined;
}

function asks({ metadata: { annotations } }: KubeObject): boolean {
  return asksFor(annotations);
}

function optsOut({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[ANNOTATION.backend] === 'none';
}

function isInjected({ metadata: { annotations = {} } }: KubeObject): boolean {
  return annotations[ANNOTATION.injected] !== undefined;
}
