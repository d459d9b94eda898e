import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ANNOTATION, BACKENDS, OPERATOR_ANNOTATIONS, PREFIX } from '../../../api/annotations.ts';
import { bootstrapValues } from '../../../api/runtimes/choice.ts';
import type { Runtime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';

export const PLACES = ['workload', 'template', 'namespace'] as const;
type Place = (typeof PLACES)[number];

export interface Row {
  readonly case: string;
  readonly on: Readonly<Partial<Record<Place, Readonly<Record<string, string>>>>>;
  /** `nothing`, or the reason and, where it is `Injected`, the mode. */
  readonly gives: string;
  /** Reason of a note that must be there. */
  readonly note?: string;
}

export function truthTable(): readonly Row[] {
  return parse(readFileSync(new URL('../../data/truth-table.yaml', import.meta.url), 'utf8')) as readonly Row[];
}

/** Annotations of one place with their full keys. */
export function annotationsOf(row: Row, place: Place): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(row.on[place] ?? {}).map(([key, value]) => [`${PREFIX}${key}`, value]));
}

const code = (text: string): string => `\`${text}\``;
const values = (list: readonly string[]): string => list.map(code).join(', ');

/** Text of docs/reference/annotations.md. */
export function annotationsReference(runtimes: readonly Runtime[] = RUNTIMES): string {
  const user: readonly (readonly [string, string, string])[] = [
    [ANNOTATION.backend, values(BACKENDS), 'absent: the workload is not touched; `none` wins wherever it stands'],
    [ANNOTATION.bootstrap, values(bootstrapValues(runtimes)), '`none`'],
    [ANNOTATION.containers, 'names separated by commas, or `*`', 'the only container that is no known sidecar'],
    [
      ANNOTATION.serviceName,
      'a text of 1 to 255 printable characters',
      '`resource.opentelemetry.io/service.name`, else the name of the workload',
    ],
    [ANNOTATION.stack, '`[namespace/]name` of a TelemetryStack', 'the only one'],
    [ANNOTATION.captureContent, '`true`, `false`', '`false`: prompts and completions stay in the app'],
  ];
  const written: Readonly<Record<string, string>> = {
    [ANNOTATION.injected]: 'the record of what was set (JSON); needed to take back exactly that',
    [ANNOTATION.status]: 'one line for people: the outcome, its reason and what to do',
    [ANNOTATION.rolledBack]:
      'what was asked when an injection was taken back since its pods failed, and why (JSON); remove it to try again',
  };
  const cell = (row: Row, place: Place): string =>
    Object.entries(row.on[place] ?? {})
      .map(([key, value]) => code(`${key}: ${JSON.stringify(value)}`))
      .join('<br>');
  const rows = truthTable().map((row) => {
    const outcome = row.gives === 'nothing' ? 'nothing' : code(row.gives);
    const note = row.note === undefined ? '' : `, note ${code(row.note)}`;
    return `| ${row.case} | ${PLACES.map((place) => cell(row, place)).join(' | ')} | ${outcome}${note} |`;
  });
  return `# Annotations

<!-- Generated from test/data/truth-table.yaml and api/annotations.ts by UPDATE_GOLDEN=1 npm run test:unit -- truth-table. -->

You set these on a Deployment, StatefulSet, DaemonSet, CronJob or Argo Rollout, or on a Namespace as the default of all in it. They work on
a pod template too, but adding and removing them there starts a rollout of its own.

| annotation | values | default |
|---|---|---|
${user.map((cells) => `| ${code(cells[0])} | ${cells[1]} | ${cells[2]} |`).join('\n')}

The operator writes these, on the workload. Do not edit them.

| annotation | holds |
|---|---|
${OPERATOR_ANNOTATIONS.map((key) => `| ${code(key)} | ${written[key] ?? ''} |`).join('\n')}

## Which one counts
Each row is a test, for a Deployment with one container \`app\` and one TelemetryStack \`duotel/duotel\`. Keys are without \`duotel.io/\`; what each
outcome means and what to do is in [reasons.md](reasons.md).

| case | on the workload | on its pod template | on the Namespace | outcome |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
