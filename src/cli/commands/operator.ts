import { type Command, Option } from 'commander';
import { type OperatorOptionValues, operatorArguments, operatorDefaults } from '../../operator/operator-arguments.ts';

/** `duotel operator`: the reconciler on your machine, as the operator's pod runs it. */
export function operatorCommand(program: Command): void {
  const { namespace, listen, debug } = operatorDefaults({});
  const { leaderElect } = operatorDefaults(process.env);
  program
    .command('operator')
    .description('run the operator until it is told to stop, as the Deployment duotel-operator does')
    .option('--kubeconfig <file>', "kubeconfig (default: KUBECONFIG, ~/.kube/config, the pod's service account)")
    .option('--context <name>', 'context in the kubeconfig')
    .addOption(new Option('--namespace <name>', 'namespace of the operator and of its stacks').default(namespace).env('POD_NAMESPACE'))
    .option('--scope <names>', 'namespaces whose workloads the operator looks at, separated by commas (default: all)')
    .option('--listen <host:port>', 'address of /healthz, /readyz and /metrics', listen)
    .addOption(new Option('--leader-elect', 'write only while holding the Lease duotel-operator').default(leaderElect, 'in a cluster'))
    .option('--no-leader-elect', 'write without a Lease; no other operator may run')
    .option('--debug', 'log every decision', debug)
    .addHelpText('after', '\nExample:\n  npx duotel operator --kubeconfig ~/.kube/config   # scale the one in the cluster to 0 first')
    .action(async (options: OperatorOptionValues) => {
      const { startOperator } = await import('../../operator/start-operator.ts');
      await startOperator(operatorArguments(options, process.env));
    });
}
