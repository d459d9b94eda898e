import type { Command } from 'commander';
import { addClusterOptions, type ClusterOptions, credentialsSource } from './cluster-options.ts';
import { rendered } from './output.ts';

const EXAMPLES = `
Exit code 0: every stack is ready and no workload is blocked, pending or not yet looked at. 1: something is not so.

Examples:
  npx duotel status
  npx duotel status -n demo
  npx duotel status -o json | jq '.workloads[] | select(.state == "blocked")'`;

/** `duotel status`: the stacks and the annotated workloads, as the operator sees them. */
export function statusCommand(program: Command): void {
  const command = program
    .command('status')
    .description('show each TelemetryStack with its components, and each annotated workload with its state and the reason')
    .addHelpText('after', EXAMPLES);
  addClusterOptions(command, 'namespace of the workloads (default: all)').action(async (options: ClusterOptions) => {
    const [{ createKubeApi }, { listWorkloads }, { TELEMETRY_STACK }, { isApiError }, { statusReport, statusTables }] = await Promise.all([
      import('../kube/rest-kube-api.ts'),
      import('../verify/workloads.ts'),
      import('../api/telemetry-stack.ts'),
      import('../kube/kube-api.ts'),
      import('./status-report.ts'),
    ]);
    const api = await createKubeApi(credentialsSource(options));
    try {
      const stackType = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
        throw new Error('the cluster has no TelemetryStack CRD: npx cdk8s synth && kubectl apply -f dist installs it', { cause: error });
      });
      const [stacks, workloads] = await Promise.all([api.list(stackType), listWorkloads(api, options.namespace)]);
      const report = statusReport(stacks.items, workloads);
      process.stdout.write(rendered(options.output, report, () => statusTables(report)));
      if (!report.ok) process.exitCode = 1;
    } finally {
      await api.close();
    }
  });
}
