import type { Command } from 'commander';
import { describe, type KubeObject } from '../../../api/kube-object.ts';
import type { WorkloadPreview } from '../../preview/preview-cluster.ts';
import { addAnnotationOptions, annotationsOf } from '../options/annotation-options.ts';
import { addClusterOptions, type ClusterOptions, credentialsSource } from '../options/cluster-options.ts';
import { barePodsText } from '../output/bare-pods-text.ts';
import { rendered } from '../output/output.ts';
import { table } from '../output/table.ts';

const HELP = `
Shows for each workload what the operator would do now. The API server tries each change as a dry run, admission policies included. The
command writes nothing. It does not say when: the operator waits for rollouts that are under way. Without a workload's name, the command
also lists Pods, ReplicaSets and Jobs that ask for telemetry and that no Deployment or other workload makes.

Exit code 0: nothing to do. 2: something would change or be refused. 1: the plan could not be made.

Examples:
  npx duotel plan
  npx duotel plan -n shop -l app=web --set-backend both
  npx duotel plan -o json | jq '.workloads[] | select(.effect == "rollout") | .name'`;

interface Options extends ClusterOptions {
  readonly selector?: string;
}

/** `duotel plan`: the rehearsal of what the operator would do. */
export function planCommand(program: Command): void {
  const command = program
    .command('plan')
    .description('show what the operator would change in the cluster, by a dry run; writes nothing')
    .argument('[workload]', 'TYPE/NAME, for example deployment/my-rag (default: all)')
    .option('-l, --selector <labels>', 'only workloads with these labels, for example app=web,tier!=test')
    .addHelpText('after', HELP);
  addAnnotationOptions(command, 'set-');
  addClusterOptions(command, 'namespace of the workloads (default: all; for a named workload that of the context)').action(
    async (name: string | undefined, options: Options) => {
      const [
        { createKubeApi },
        { loadCredentials },
        { previewCluster },
        { surveyCluster },
        { listBarePods },
        { parseSelector },
        { findWorkload },
      ] = await Promise.all([
        import('../../kube/rest/rest-kube-api.ts'),
        import('../../kube/rest/credentials.ts'),
        import('../../preview/preview-cluster.ts'),
        import('../../survey/survey.ts'),
        import('../../survey/list-bare-pods.ts'),
        import('../../survey/selector.ts'),
        import('../../survey/find-workload.ts'),
      ]);
      const matches = parseSelector(options.selector ?? '');
      const annotate = annotationsOf({ ...options }, 'set-');
      const chosen = name !== undefined || options.namespace !== undefined || options.selector !== undefined;
      if (Object.keys(annotate).length > 0 && !chosen) {
        throw new Error(
          'plan: --set-... without a choice would stand for every workload of the cluster: name a workload, or pass -n or -l',
        );
      }
      const source = credentialsSource(options);
      const api = await createKubeApi(source);
      try {
        const namespace = options.namespace ?? (name === undefined ? undefined : (await loadCredentials(source)).namespace);
        const only = name === undefined ? undefined : await findWorkload(api, name, namespace ?? 'default');
        const survey = await surveyCluster(api, namespace);
        const selected = (workload: KubeObject): boolean =>
          (only === undefined || (only.kind === workload.kind && only.metadata.name === workload.metadata.name)) &&
          matches(workload.metadata.labels ?? {});
        const { namespaces, assumedStack } = survey;
        const where = namespace === undefined ? {} : { namespace };
        const bare =
          only === undefined ? await listBarePods(api, { ...where, namespaces, selected: matches }) : { barePods: [], notes: [] };
        if (options.selector !== undefined && bare.barePods.length === 0 && !survey.workloads.some(selected)) {
          const none =
            only === undefined ? `no workload${namespace === undefined ? '' : ` in namespace ${namespace}`}` : `not ${describe(only)}`;
          throw new Error(`plan: --selector ${options.selector} matches ${none}`);
        }
        const workloads = await previewCluster(api, survey, {
          annotate,
          selected,
          onProgress: (done, all) => {
            if (process.stderr.isTTY && all > 20) process.stderr.write(`\r${done} of ${all} workloads${done === all ? '\n' : ''}`);
          },
        });
        const changes = workloads.some(({ action }) => action !== 'none');
        const data = { changes, assumedStack, workloads, ...bare };
        process.stdout.write(rendered(options.output, data, () => [planTable(workloads, assumedStack), ...barePodsText(bare)].join('\n')));
        if (changes) process.exitCode = 2;
      } finally {
        await api.close();
      }
    },
  );
}

/** The plan for people; ends with the counts. */
export function planTable(workloads: readonly WorkloadPreview[], assumedStack: boolean): string {
  const note = assumedStack ? 'There is no TelemetryStack. The plan assumes the one that the operator makes at its start.\n\n' : '';
  if (workloads.length === 0) return `${note}No workload asks for anything: kubectl annotate deployment/NAME duotel.io/backend=both\n`;
  const columns = [
    { title: 'namespace' },
    { title: 'workload' },
    { title: 'action' },
    { title: 'reason' },
    { title: 'variables', align: 'right' as const },
    { title: 'effect' },
    { title: 'message' },
  ];
  const rows = workloads.map(({ namespace, kind, name, action, reason, variables, effect, refused, message }) => [
    namespace,
    `${kind.toLowerCase()}/${name}`,
    refused === undefined ? action : `${action}, REFUSED`,
    reason,
    String(variables),
    effect,
    refused ?? message,
  ]);
  const count = (test: (workload: WorkloadPreview) => boolean) => workloads.filter(test).length;
  const changes = count(({ action }) => action !== 'none');
  const rollouts = count(({ effect }) => effect === 'rollout');
  return `${note}${table(columns, rows)}\n${changes} to change, ${rollouts} with a rollout, ${count(({ refused }) => refused !== undefined)} refused by the API server\n`;
}
