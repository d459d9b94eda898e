import type { Command } from 'commander';
import type { UninstallStep } from '../../uninstall/uninstall-options.ts';
import { addConnectionOptions, type ConnectionOptions, credentialsSource } from '../options/cluster-options.ts';
import { type Output, outputOption, rendered } from '../output/output.ts';

interface Options extends ConnectionOptions {
  readonly revert?: true;
  readonly keep?: true;
  readonly dryRun?: true;
  readonly output: Output;
}

const EXAMPLES = `
Deletes the namespace duotel with its traces and metrics, the operator, its rights and the TelemetryStack CRD.
Choose what becomes of the workloads. --revert opts them out, waits until the operator has given them their former template back (one
rollout each), and removes their duotel.io/ annotations. --keep leaves them as they are, with variables that point to nothing.

If something can not be reverted or deleted, the command names it with the reason and what to do, and goes on with the rest. While a workload
is not reverted, --revert deletes nothing. If somebody deleted an object meanwhile, that is no failure.

Exit code 0: done. 1: something stays. If that is a workload, --revert has deleted nothing.

Examples:
  npx duotel uninstall --revert --dry-run
  npx duotel uninstall --revert`;

/** `duotel uninstall`: leaves nothing behind, or what it was told to leave. */
export function uninstallCommand(program: Command): void {
  const command = program
    .command('uninstall')
    .description('take Duotel out of the cluster')
    .option('--revert', 'give every workload its former template back first')
    .option('--keep', 'leave the workloads as they are')
    .option('--dry-run', 'say what would be done, and change nothing')
    .addHelpText('after', EXAMPLES);
  addConnectionOptions(command)
    .addOption(outputOption())
    .action(async (options: Options) => {
      if (options.revert === options.keep) {
        throw new Error(
          'uninstall: expected one of --revert (workloads get their former template back) and --keep (they stay as they are)',
        );
      }
      const [{ createKubeApi }, { systemClock }, { isInstalled, uninstall }] = await Promise.all([
        import('../../kube/rest/rest-kube-api.ts'),
        import('../../kube/system-clock.ts'),
        import('../../uninstall/uninstall.ts'),
      ]);
      const api = await createKubeApi(credentialsSource(options));
      try {
        if (!(await isInstalled(api))) {
          process.stdout.write(rendered(options.output, { steps: [] }, () => 'nothing of Duotel is in this cluster\n'));
          return;
        }
        const dryRun = options.dryRun === true;
        const would = dryRun ? 'would be ' : '';
        const steps: UninstallStep[] = [];
        const onStep = (step: UninstallStep): void => {
          steps.push(step);
          if (step.action === 'failed') process.exitCode = 1;
          const done = ['not looked for', 'gone', 'failed'].includes(step.action) ? step.action : `${would}${step.action}`;
          if (options.output === 'table')
            process.stdout.write(`${step.object}: ${done}${step.message === undefined ? '' : `: ${step.message}`}\n`);
        };
        try {
          const workloads = options.revert === true ? 'revert' : 'keep';
          await uninstall({ api, clock: systemClock, workloads, dryRun, onStep });
        } finally {
          process.stdout.write(rendered(options.output, { dryRun, steps }, () => ''));
        }
      } finally {
        await api.close();
      }
    });
}
