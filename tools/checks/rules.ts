import type { KubeObject } from '../../api/kube-object.ts';
import type { Finding } from './finding.ts';
import { HOUSE_RULES } from './house-rules.ts';
import { KUBE_LINTER_RULES, type Rule } from './kube-linter-rules.ts';

export const RULES: Readonly<Record<string, Rule>> = { ...KUBE_LINTER_RULES, ...HOUSE_RULES };

/** What kube-linter's default checks and our own hold against objects. */
export function applyRules(objects: readonly KubeObject[]): readonly Finding[] {
  return Object.entries(RULES).flatMap(([check, rule]) =>
    rule(objects).map(([object, found]): Finding => ({ checker: 'rules', check, object, found })),
  );
}
