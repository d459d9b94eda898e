import type { Explanation } from '../../explain/explain.ts';
import { table } from './table.ts';

const titles = (...names: readonly string[]) => names.map((title) => ({ title }));

/** An explanation for people: what is the case, then a table a container. */
export function explainTable(explanation: Explanation): string {
  const { object, makes, outcome, next, status, settings, stack, containers, history } = explanation;
  const head: readonly (readonly [string, string])[] = [
    ['workload', object],
    ...(makes === undefined ? [] : [['makes', makes] as const]),
    ['outcome', outcome === undefined ? 'nothing is asked for' : `${outcome.reason} (${outcome.state})`],
    ...(outcome === undefined || outcome.message === '' ? [] : [['because', outcome.message] as const]),
    ...(outcome?.notes ?? []).map(({ reason, message }) => ['note', `${reason}: ${message}`] as const),
    ['stack', stack ?? '-'],
    ['status', status ?? 'the operator has written none'],
    ['next', NEXT[next]],
    ...settings.map(({ annotation, value, from }) => ['asked', `${annotation}=${value} (${from})`] as const),
  ];
  const width = Math.max(...head.map(([title]) => title.length));
  const parts = [head.map(([title, text]) => `${`${title}:`.padEnd(width + 1)} ${text}\n`).join('')];
  for (const { name, why, variables, mounts } of containers) {
    const rows = variables.map((variable) => [
      variable.name,
      variable.value.length > 60 ? variable.value.replaceAll(',', ',\n') : variable.value,
      variable.owner === 'you' && variable.managers.length > 0 ? `you (${variable.managers.join(', ')})` : variable.owner,
      variable.state,
      variable.why,
    ]);
    const lines = [`container ${name}: ${why}\n`];
    lines.push(rows.length === 0 ? '  no variables\n' : table(titles('variable', 'value', 'whose', 'state', 'why'), rows));
    if (mounts.length > 0) {
      const mountRows = mounts.map(({ path, volume, configMap, state }) => [path, volume, configMap, state]);
      lines.push(table(titles('mount', 'volume', 'configmap', 'state'), mountRows));
    }
    parts.push(lines.join(''));
  }
  if (history.length > 0) {
    const rows = history.map(({ time, type, reason, message }) => [time, type, reason, message]);
    parts.push(`what the operator said\n${table(titles('time', 'type', 'reason', 'message'), rows)}`);
  }
  return parts.join('\n');
}

const NEXT: Readonly<Record<Explanation['next'], string>> = {
  inject: 'the operator would change the pod template',
  revert: 'the operator would restore the pod template',
  status: 'the operator would write its annotations; no rollout',
  release: 'the operator would give up its ownership of fields; no rollout',
  none: 'nothing to write',
};
