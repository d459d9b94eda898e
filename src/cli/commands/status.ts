import type { Command } from 'commander';
import type { KubeObject } from '../../../api/kube-object.ts';
import { SYSTEM_NAMESPACE } from '../../../api/names.ts';
import type { KubeApi, ResourceType } from '../../kube/kube-api.ts';
import { addClusterOptions, type ClusterOptions, credentialsSource } from '../options/cluster-options.ts';
import { rendered } from '../output/output.ts';

const EXAMPLES = `
Shows three things: stacks, workloads, and objects that ask for telemetry but can not get it. These are Pods, ReplicaSets and Jobs that are
annotated, or whose Namespace is, and that no Deployment or other workload makes. The operator does not look for them. The command lists
them as far as your rights allow.

Some workloads have no status from the operator: those that opted out, are protected, are being deleted, belong to a suspended stack, or
have a mistake on their Namespace. For these the command says what the operator would find.

If you may not list TelemetryStacks, the command leaves them out with a note, and they do not count for the exit code.

Exit code 0: every stack is ready; no workload is blocked, pending or not yet looked at; no bare Pod, ReplicaSet or Job is annotated itself.
1: one of these does not hold.

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
    const [
      { createKubeApi },
      { listBarePods },
      { readNamespaces },
      { listWorkloads },
      { TELEMETRY_STACK },
      { ifAllowed, isApiError },
      { statusReport, statusTables },
    ] = await Promise.all([
      import('../../kube/rest/rest-kube-api.ts'),
      import('../../survey/list-bare-pods.ts'),
      import('../../survey/namespaces.ts'),
      import('../../survey/workloads.ts'),
      import('../../../api/telemetry-stack.ts'),
      import('../../kube/kube-api.ts'),
      import('../output/status-report.ts'),
    ]);
    const api = await createKubeApi(credentialsSource(options));
    try {
      const stackType = await api.resourceType(TELEMETRY_STACK.apiVersion, TELEMETRY_STACK.kind).catch((error: unknown) => {
        if (!isApiError(error, 'NotFound')) throw error;
        throw new Error('the cluster has no TelemetryStack CRD: npx cdk8s synth && kubectl apply -f dist installs it', { cause: error });
      });
      const { namespace } = options;
      const namespaces = await ifAllowed(readNamespaces(api, namespace));
      const known = namespaces === undefined ? {} : { namespaces };
      const [stacks, workloads, bare] = await Promise.all([
        visibleStacks(api, stackType),
        listWorkloads(api, namespace),
        listBarePods(api, { ...known, ...(namespace !== undefined && { namespace }) }),
      ]);
      const report = statusReport(stacks, workloads, { ...bare, ...known });
      process.stdout.write(rendered(options.output, report, () => statusTables(report)));
      if (!report.ok) process.exitCode = 1;
    } finally {
      await api.close();
    }
  });
}

/**
 * Of all namespaces: a stack outside of the operator's is a mistake that people must see. undefined: the user may not even list the
 * operator's.
 */
async function visibleStacks(api: KubeApi, type: ResourceType): Promise<readonly KubeObject[] | undefined> {
  const { ifAllowed } = await import('../../kube/kube-api.ts');
  const found = (await ifAllowed(api.list(type))) ?? (await ifAllowed(api.list(type, { namespace: SYSTEM_NAMESPACE })));
  return found?.items;
}
