import type { Command } from 'commander';
import type { Check } from '../../verify/check.ts';
import { addClusterOptions, type ClusterOptions, credentialsSource } from '../options/cluster-options.ts';
import { rendered } from '../output/output.ts';

const EXAMPLES = `
Looks for the log lines of both producers, for each promised metric and dashboard query in Prometheus, and for traces in Jaeger, and prints
the values (docs/dual-mode.md). Send the app a request first, and wait 45 s.

Exit code 0: everything is there. 1: something is missing.

Examples:
  npx duotel verify                              # every injected workload of every namespace
  npx duotel verify deployment/my-rag -n demo
  npx duotel verify -n demo -o json | jq '.checks[] | select(.state == "failed")'`;

/** `duotel verify`: the checks of docs/dual-mode.md (log lines, metrics, traces) against a cluster. */
export function verifyCommand(program: Command): void {
  const command = program
    .command('verify')
    .description('check that logs, metrics and traces of injected workloads arrive, and print what was found')
    .argument('[workload]', 'TYPE/NAME, for example deployment/my-rag (default: every injected one)')
    .addHelpText('after', EXAMPLES);
  addClusterOptions(command, 'namespace of the workloads (default: all; for a named workload that of the context)').action(
    async (workload: string | undefined, options: ClusterOptions) => {
      const [{ verifyCluster }, { checkTable }, { allOk }] = await Promise.all([
        import('../../verify/verify-cluster.ts'),
        import('../output/check-table.ts'),
        import('../../verify/check.ts'),
      ]);
      const checks: readonly Check[] = await verifyCluster(credentialsSource(options), {
        ...(workload !== undefined && { workload }),
        ...(options.namespace !== undefined && { namespace: options.namespace }),
      });
      const ok = allOk(checks);
      process.stdout.write(rendered(options.output, { ok, checks }, () => checkTable(checks)));
      if (!ok) process.exitCode = 1;
    },
  );
}
