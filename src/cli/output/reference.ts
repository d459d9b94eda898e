import type { Command } from 'commander';
import { type OutcomeState, REASONS } from '../../../api/reason.ts';
import { OTHER_REASONS, PRECONDITIONS } from '../../inject/decision/preconditions.ts';

/** docs/reference/cli.md: the help of every command, as a terminal of 100 columns shows it. */
export function cliReference(program: Command): string {
  const parts = program.commands.map((command) => `## duotel ${command.name()}\n\n\`\`\`text\n${helpOf(command)}\n\`\`\`\n`);
  return `# The command line

Made from the commands' own help by \`UPDATE_GOLDEN=1 npm run test:unit -- reference\`; a test fails when it is stale.

Results go to standard output. Progress and errors go to standard error. An error is one line: the object, the field, what was expected, what
to do. \`-o json\` and \`-o yaml\` hold the same data as the table. Within a version of the API, fields are added and never renamed.

| exit code | means |
|---|---|
| 0 | done, or everything is as it should be |
| 1 | an error; a check failed (\`status\`, \`verify\`); a workload is blocked (\`inject\`); something stayed (\`revert\`) |
| 2 | \`plan\`: something would change; \`inject --check\`: a file is not up to date |

${parts.join('\n')}`;
}

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

const STATES: Readonly<Record<OutcomeState, string>> = {
  injected: 'The pod template holds what the annotations ask for.',
  pending: 'The pod template will hold it when something outside the workload changes.',
  blocked: 'Somebody must decide something. The operator leaves the pod template exactly as it is.',
  off: 'Nothing is asked for.',
  note: 'A remark beside another reason.',
};

/** docs/reference/reasons.md: every reason that a status, an event or a metric can name, by its state. */
export function reasonsReference(): string {
  const parts = Object.entries(STATES).map(([state, means]) => {
    const rows = Object.entries(REASONS)
      .filter(([, reason]) => reason.state === state)
      .map(([name, reason]) => `| \`${name}\` | ${cell(reason.means)} | ${cell(reason.todo)} |`);
    return `## ${state}\n${means}\n\n| reason | means | what to do |\n|---|---|---|\n${rows.join('\n')}\n`;
  });
  return `# Reasons

These reasons stand in the annotation \`duotel.io/status\`, in the events of a workload, in \`duotel status\`, in \`duotel explain\` and in the
metric \`duotel_workloads\`. Made from \`api/reason.ts\` and \`src/inject/decision/preconditions.ts\` by
\`UPDATE_GOLDEN=1 npm run test:unit -- reference\`; a test fails when it is stale. \`duotel reasons\` prints the same.

${parts.join('\n')}
${orderReference()}`;
}

/** Which reason is given where several fit: the preconditions of an injection in their order, and what is said beside them. */
function orderReference(): string {
  const code = (reason: string): string => `\`${reason}\``;
  const rows = PRECONDITIONS.map(
    ({ requires, reasons }, index) => `| ${index + 1} | ${cell(requires)} | ${reasons.map(code).join(', ')} |`,
  );
  const others = Object.entries(OTHER_REASONS).map(([reason, when]) => `| ${code(reason)} | ${cell(when)} |`);
  return `## The order in which they speak
Before the operator injects a workload that asks for telemetry, all of this must hold. The first that does not hold speaks, and no other.

| | must hold | else |
|---|---|---|
${rows.join('\n')}

The other reasons are given in these cases.

| reason | case |
|---|---|
${others.join('\n')}
`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
