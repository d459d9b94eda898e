import type { BarePodsFound } from '../../survey/list-bare-pods.ts';
import { table } from './table.ts';

const COLUMNS = ['namespace', 'not injected', 'backend', 'asked by', 'reason', 'message'].map((title) => ({ title }));

/** What a command tells people of bare Pods, in parts; none where there is nothing to tell. */
export function barePodsText({ barePods, notes }: BarePodsFound): readonly string[] {
  const rows = barePods.map(({ namespace, kind, name, backend, asked, reason, message }) => [
    namespace,
    `${kind.toLowerCase()}/${name}`,
    backend,
    asked,
    reason,
    message,
  ]);
  return [
    ...(rows.length === 0 ? [] : [table(COLUMNS, rows)]),
    ...(notes.length === 0 ? [] : [notes.map((note) => `note: ${note}\n`).join('')]),
  ];
}
