import type { Command } from 'commander';
import { type ClusterOptions, credentialsSource } from './cluster-options.ts';

interface Options extends Pick<ClusterOptions, 'kubeconfig' | 'context'> {
  readonly revert?: true;
  readonly keep?: true;
  readonly dryRun?: true;
}

const EXAMPLES = `
Deletes the namespace duotel with the traces and metrics in it, the operator, its rights and the TelemetryStack CRD.
Say what becomes of the workloads: --revert removes their duotel.io/ annotations and waits for the operator to give them
their former template back (one rollout each); --keep leaves them as they are, with variables that point to nothing.

Examples:
  npx duotel uninstall --revert --dry-run
  npx duotel uninstall --revert`;

/** `duotel uninstall`: leaves nothing behind, or what it was told to leave. */
export function uninstallCommand(program: Command): void {
  program
    .command('uninstall')
    .description('take Duotel out of the cluster')
    .option('--revert', 'give every workload its former template back first')
    .option('--keep', 'leave the workloads as they are')
    .option('--dry-run', 'say what would be done, and change nothing')
    .option('--kubeconfig <file>', "kubeconfig (default: KUBECONFIG, ~/.kube/config, the pod's service account)")
    .option('--context <name>', 'context in the kubeconfig')
    .addHelpText('after', EXAMPLES)
    .action(async (options: Options) => {
      if (options.revert === options.keep) {
        throw new Error(
          'uninstall: expected one of --revert (workloads get their former template back) and --keep (they stay as they are)',
        );
      }
      const [{ createKubeApi }, { systemClock }, { isInstalled, uninstall }] = await Promise.all([
        import('../kube/rest-kube-api.ts'),
        import('../kube/clock.ts'),
        import('../uninstall/uninstall.ts'),
      ]);
      const api = await createKubeApi(credentialsSource({ ...options, output: 'table' }));
      try {
        if (!(await isInstalled(api))) {
          process.stdout.write('nothing of Duotel is in this cluster\n');
          return;
        }
        const dryRun = options.dryRun === true;
        const would = dryRun ? 'would be ' : '';
        await uninstall({
          api,
          clock: systemClock,
          workloads: options.revert === true ? 'revert' : 'keep',
          dryRun,
          onStep: ({ object, action }) => process.stdout.write(`${object}: ${would}${action}\n`),
        });
      } finally {
        await api.close();
      }
    });
}
