import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ANNOTATION, BACKENDS, OPERATOR_ANNOTATIONS, PREFIX } from '../../../api/annotations.ts';
import { bootstrapValues } from '../../../api/runtimes/choice.ts';
import type { ImageNeed, Runtime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';

import { appendix, isExtended } from '../../../src/inject/change/extended-variable.ts';
import { markdownTable } from '../../../tools/lib/markdown-table.ts';

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

/** One row of the table of languages. */
function languageRow(runtime: Runtime): readonly string[] {
  const value = code(runtime.id);
  if (!runtime.served) return [runtime.title, value, 'not in this release', '', ''];
  const variables = runtime.variables.map(
    (variable) => code(variable.name) + (isExtended(variable) ? `: ${code(appendix(variable))}` : ''),
  );
  const title = `[${runtime.title}](../../bootstrap/${runtime.id}/README.md)`;
  return [title, value, code(runtime.mountPath), variables.join(', '), runtime.needs.map(need).join('; ')];
}

function need({ name, versions = '', modes = [], note }: ImageNeed): string {
  const beside = [...(modes.length === 0 ? [] : [`for ${modes.map(code).join(' and ')}`]), ...(note === undefined ? [] : [note])];
  return code(`${name}${versions}`) + (beside.length === 0 ? '' : ` (${beside.join('; ')})`);
}

/** Text of docs/reference/annotations.md. */
export function annotationsReference(runtimes: readonly Runtime[] = RUNTIMES): string {
  const user: readonly (readonly [string, string, string])[] = [
    [ANNOTATION.backend, values(BACKENDS), 'absent: the operator leaves the workload alone; `none` wins wherever it is'],
    [ANNOTATION.bootstrap, values(bootstrapValues(runtimes)), '`none`'],
    [ANNOTATION.containers, 'names separated by commas, or `*`', 'the only container, not counting known sidecars'],
    [
      ANNOTATION.serviceName,
      'a text of 1 to 255 printable characters',
      '`resource.opentelemetry.io/service.name`, else the name of the workload',
    ],
    [ANNOTATION.stack, '`[namespace/]name` of a TelemetryStack', 'the only one'],
    [ANNOTATION.captureContent, '`true`, `false`', '`false`: prompts and completions stay in the app'],
  ];
  const written: Readonly<Record<string, string>> = {
    [ANNOTATION.injected]: 'the record of what the operator set (JSON); it needs it to take back exactly that',
    [ANNOTATION.status]: 'one line for people: the outcome, its reason and what to do',
    [ANNOTATION.rolledBack]:
      'why the operator took an injection back, and what the annotations had asked for (JSON); remove it to try again',
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

<!-- Generated from test/data/truth-table.yaml, api/annotations.ts and api/runtimes by UPDATE_GOLDEN=1 npm run test:unit -- truth-table. -->

You set these annotations on a Deployment, StatefulSet, DaemonSet, CronJob or Argo Rollout. On a Namespace they are the default for its
workloads. They work on a pod template too, but each change there starts a rollout of its own.

| annotation | values | default |
|---|---|---|
${user.map((cells) => `| ${code(cells[0])} | ${cells[1]} | ${cells[2]} |`).join('\n')}

## Languages
With one of these as \`${ANNOTATION.bootstrap}\`, the producers start without a change of code. The language needs variables. If the container sets
one of them itself, its value stays as it is, and must contain what the table appends. The image must have the packages. If one is missing, the
log of the pod says so.

${markdownTable(['language', 'value', 'mounted at', 'variables, and what to append to yours', 'the image needs'], runtimes.map(languageRow)).join('\n')}

## What the operator writes
The operator writes these annotations on the workload. Do not edit them.

| annotation | holds |
|---|---|
${OPERATOR_ANNOTATIONS.map((key) => `| ${code(key)} | ${written[key] ?? ''} |`).join('\n')}

## Which one counts
Each row is a test, for a Deployment with one container \`app\` and one TelemetryStack \`duotel/duotel\`. The keys are written without
\`duotel.io/\`. [reasons.md](reasons.md) says what each outcome means and what to do.

| case | on the workload | on its pod template | on the Namespace | outcome |
|---|---|---|---|---|
${rows.join('\n')}
`;
}
