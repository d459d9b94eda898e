import type { KubeObject } from '../../api/kube-object.ts';
import type { Variable } from '../inject/change/variables.ts';
import type { InjectionRecord } from '../inject/record/record.ts';
import { type EnvContent, holds } from '../inject/workload/env-content.ts';
import type { Container, EnvItem } from '../inject/workload/pod-template.ts';
import { type ChangeState, changeState } from './change-state.ts';
import { variableOwners } from './owners.ts';

/** Whose a variable is. `envFrom`: a source whose names nobody has read. `nobody`: the operator left it out. */
export type VariableOwner = 'operator' | 'manifest' | 'you' | 'envFrom' | 'nobody';

export interface ExplainedVariable {
  readonly name: string;
  /** The operator's value. For a variable of the user's: where it comes from, never what it is. */
  readonly value: string;
  readonly owner: VariableOwner;
  /** Field managers that own it on the live object. */
  readonly managers: readonly string[];
  readonly state: ChangeState | 'left out';
  readonly why: string;
}

export interface VariablesInput {
  readonly workload: KubeObject;
  readonly before: Container;
  readonly after: Container;
  readonly wanted: readonly Variable[];
  /** What the operator's record will say and says now, and what the manifest's record says. */
  readonly record: InjectionRecord | undefined;
  readonly former: InjectionRecord | undefined;
  readonly manifest: InjectionRecord | undefined;
}

/** Every variable of a container, in the order in which it will have them, then those that were left out, then its `envFrom`. */
export function explainVariables(input: VariablesInput): readonly ExplainedVariable[] {
  const { before, after, wanted } = input;
  const live = before.env ?? [];
  const later = after.env ?? [];
  const gone = live.filter(({ name }) => !later.some((item) => item.name === name));
  const left = wanted.filter(({ name }) => !later.some((item) => item.name === name));
  return [
    ...later.map((item) =>
      explainItem(
        input,
        item,
        changeState(
          live.some(({ name }) => name === item.name),
          true,
        ),
      ),
    ),
    ...gone.map((item) => explainItem(input, item, 'to be removed')),
    ...left.map((variable) => leftOut(variable, later)),
    ...(before.envFrom ?? []).map(envFrom),
  ];
}

function explainItem(input: VariablesInput, item: EnvItem, state: ChangeState): ExplainedVariable {
  const { workload, before, wanted, record, former, manifest } = input;
  const { name } = item;
  const recorded = (one: InjectionRecord | undefined): EnvContent | undefined => one?.containers[before.name]?.env[name];
  const variable = wanted.find((one) => one.name === name);
  const managers = variableOwners(workload, before.name, name).filter((manager) => manager !== 'duotel');
  const isHeld = (content: EnvContent | undefined): content is EnvContent => content !== undefined && holds(item, content);
  const byManifest = recorded(manifest);
  if (isHeld(byManifest)) {
    return { name, value: shown(byManifest), owner: 'manifest', managers, state, why: variable?.why ?? 'written by duotel inject -f' };
  }
  for (const content of [recorded(record), recorded(former)]) {
    if (!isHeld(content)) continue;
    const also = managers.length === 0 ? '' : `; ${managers.join(', ')} states the same`;
    return { name, value: shown(content), owner: 'operator', managers, state, why: `${variable?.why ?? 'set by an earlier pass'}${also}` };
  }
  const would = variable === undefined ? 'not one of ours' : 'the operator would set it; yours wins';
  return { name, value: source(item), owner: 'you', managers, state, why: would };
}

function leftOut({ name, group, why }: Variable, env: readonly EnvItem[]): ExplainedVariable {
  const taken = env.filter((item) => group?.taken.test(item.name)).map((item) => item.name);
  const because = taken.length === 0 ? 'see the reason above' : `you set ${taken.join(', ')}, and the two are one setting`;
  return { name, value: '', owner: 'nobody', managers: [], state: 'left out', why: `${because}; it is for: ${why}` };
}

function shown(content: EnvContent): string {
  if (typeof content === 'string') return content;
  return 'fieldPath' in content ? `field ${content.fieldPath}` : `key ${content.secretKeyRef.key} of Secret ${content.secretKeyRef.name}`;
}

/** Where a value of the user's comes from. Text may be a secret: it is never shown. */
function source({ valueFrom }: EnvItem): string {
  if (valueFrom === undefined) return '<set by you>';
  for (const [kind, ref] of Object.entries(valueFrom as Readonly<Record<string, unknown>>)) {
    const { name, key, fieldPath, resource } = ref as Readonly<Record<string, string | undefined>>;
    return `${kind} ${fieldPath ?? resource ?? [name, key].filter(Boolean).join('/')}`;
  }
  return '<set by you>';
}

function envFrom(entry: unknown): ExplainedVariable {
  const { prefix = '', ...refs } = entry as Readonly<Record<string, unknown>>;
  const [kind = 'source', ref] = Object.entries(refs)[0] ?? [];
  const { name = '' } = (ref ?? {}) as { readonly name?: string };
  return {
    name: `${String(prefix)}*`,
    value: `${kind} ${name}`,
    owner: 'envFrom',
    managers: [],
    state: 'present',
    why: 'its contents are not read; a variable of the same name under env wins over it',
  };
}
