import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { RevertedObject } from '../../uninstall/revert.ts';
import type { RevertScope, RevertStep } from '../../uninstall/revert-steps.ts';
import { addClusterOptions, type ClusterOptions, credentialsSource } from '../options/cluster-options.ts';
import { rendered } from '../output/output.ts';
import { table } from '../output/table.ts';

const HELP = `
Gives workloads the pod template that their owner wrote, and so their former ReplicaSet, by one rollout each. The command removes the
annotations that ask for injection. If a Namespace or a pod template asks, it sets duotel.io/backend=none on the workload instead. The
operator then restores the template. If no operator runs, the command restores it by the same rules.
If the annotation comes from Git, the command leaves it: the GitOps tool would bring it back, so remove it in Git. Of a Namespace like that,
the command opts out the workloads. It never removes duotel.io/backend=none.

An object that can not be reverted is named with the reason and what to do, and the others are reverted all the same; one that was
deleted meanwhile is gone, which is no failure.

Exit code 0: done, or nothing to do. 1: something could not be reverted.

Examples:
  npx duotel revert deploy/my-rag -n shop
  npx duotel revert -n shop --dry-run
  npx duotel revert --all --yes`;

interface Options extends ClusterOptions {
  readonly all?: true;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly force?: true;
}

/** `duotel revert`: back to the owner's template. */
export function revertCommand(program: Command): void {
  const command = program
    .command('revert')
    .description('give a workload, a namespace or all workloads their former pod template back')
    .argument('[workload]', 'TYPE/NAME, for example deployment/my-rag')
    .option('--all', 'every workload of the cluster')
    .option('--yes', 'do not ask')
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('--force', 'also where a GitOps tool would bring the annotation back')
    .addHelpText('after', HELP);
  addClusterOptions(command, 'namespace of the workload (default: that of the context); without a workload: every one in it').action(
    async (name: string | undefined, options: Options) => {
      if ([name ?? (options.namespace !== undefined || undefined), options.all].filter((one) => one !== undefined).length !== 1) {
        throw new Error('revert: expected one of TYPE/NAME, -n NAMESPACE and --all');
      }
      const [
        { createKubeApi },
        { loadCredentials },
        { systemClock },
        { surveyPlaces },
        { findWorkload },
        { revertSteps },
        { revertWorkloads },
        { refusal },
      ] = await Promise.all([
        import('../../kube/rest/rest-kube-api.ts'),
        import('../../kube/rest/credentials.ts'),
        import('../../kube/system-clock.ts'),
        import('../../survey/survey.ts'),
        import('../../survey/find-workload.ts'),
        import('../../uninstall/revert-steps.ts'),
        import('../../uninstall/revert.ts'),
        import('../../uninstall/refusal.ts'),
      ]);
      const source = credentialsSource(options);
      const api = await createKubeApi(source);
      try {
        const namespace = options.namespace ?? (await loadCredentials(source)).namespace;
        const scope: RevertScope =
          name !== undefined
            ? { kind: 'workload', workload: await findWorkload(api, name, namespace) }
            : options.all === true
              ? { kind: 'all' }
              : { kind: 'namespace', name: namespace };
        const done: RevertedObject[] = [];
        const isTable = options.output === 'table';
        const onDone = (object: RevertedObject): void => {
          done.push(object);
          if (object.result === 'failed') process.exitCode = 1;
          if (isTable) process.stdout.write(`${doneText(object)}\n`);
        };
        const unlisted: RevertedObject[] = [];
        const place = scope.kind === 'all' ? '*' : namespace;
        const places = await surveyPlaces(api, scope.kind === 'all' ? undefined : namespace, (kind, error) =>
          unlisted.push({ name: `${kind}/${place}/*`, result: 'failed', message: `not looked at: ${refusal(error)}` }),
        );
        const steps = revertSteps(scope, places.workloads, [...places.namespaces.values()], options.force === true);
        const held = options.force === true ? [] : steps.filter(({ owner }) => owner !== undefined);
        const todo = steps.filter((step) => !held.includes(step));
        if (isTable) process.stdout.write(stepTable(steps, held));
        if (held.length > 0) process.exitCode = 1;
        done.push(...held.map(({ name: object, owner }) => ({ name: object, result: 'failed' as const, message: gitOpsMessage(owner) })));
        if (scope.kind !== 'workload') unlisted.forEach(onDone);
        const go =
          options.dryRun !== true && todo.length > 0 && (options.yes === true || (await confirmed(todo.length, name !== undefined)));
        try {
          if (go) await revertWorkloads({ api, clock: systemClock, steps: todo, onDone });
        } finally {
          const planned = steps.map(({ name: object, action, owner, inManifest }) => ({
            object,
            action,
            gitOps: owner ?? null,
            inManifest,
          }));
          const report = { dryRun: options.dryRun === true, steps: planned, done };
          if (!isTable) process.stdout.write(rendered(options.output, report, () => ''));
        }
      } finally {
        await api.close();
      }
    },
  );
}

function doneText({ name, result, by, message }: RevertedObject): string {
  const author = by === undefined ? '' : ` by ${by === 'operator' ? 'the operator' : 'this command'}`;
  return `${name}: ${result}${author}${message === undefined ? '' : `: ${message}`}`;
}

function stepTable(steps: readonly RevertStep[], held: readonly RevertStep[]): string {
  if (steps.length === 0)
    return 'nothing to revert: no workload there asks for an injection or has one (those that are being deleted do not count)\n';
  const columns = [{ title: 'object' }, { title: 'action' }, { title: 'remark' }];
  const remark = (step: RevertStep): string => {
    if (held.includes(step)) return gitOpsMessage(step.owner);
    return step.inManifest ? 'its manifest holds the variables: take them out with duotel inject -f FILE --revert' : '';
  };
  return `${table(
    columns,
    steps.map((step) => [step.name, held.includes(step) ? 'none' : step.action, remark(step)]),
  )}\n`;
}

function gitOpsMessage(owner: string | undefined): string {
  return `${owner ?? 'a GitOps tool'} has duotel.io/backend from Git and would bring it back: remove it in Git, or pass --force`;
}

/** If one workload was named, no question is needed. */
async function confirmed(count: number, named: boolean): Promise<boolean> {
  if (named) return true;
  if (!process.stdin.isTTY) throw new Error(`revert: ${count} objects would change: pass --yes, or --dry-run`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`Change ${count} objects? [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
