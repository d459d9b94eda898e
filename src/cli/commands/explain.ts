import type { Command } from 'commander';
import { ANNOTATION } from '../../../api/annotations.ts';
import { describe, type KubeObject } from '../../../api/kube-object.ts';
import { SYSTEM_NAMESPACE } from '../../../api/names.ts';
import type { Explanation } from '../../explain/explain.ts';
import { addClusterOptions, type ClusterOptions, credentialsSource } from '../options/cluster-options.ts';
import { rendered } from '../output/output.ts';

const HELP = `
Shows each variable of each container: whether it is set, who set it, and why. Shows too which variables the operator left out and why, and
what the operator said before. Your own values are never shown. For a Pod, ReplicaSet or Job, the command explains the workload that makes
it, or says that none does.

Exit code 0: explained, whatever the outcome. 1: no such workload, or it can not be read.

Examples:
  npx duotel explain deploy/my-rag -n shop
  npx duotel explain pod/my-rag-6d5f8c9b4-x7k2p -n shop
  npx duotel explain -f my-rag.yaml
  npx duotel explain sts/worker -o json | jq '.containers[].variables[] | select(.owner == "you") | .name'`;

interface Options extends ClusterOptions {
  readonly filename?: string;
  readonly stackFile?: string;
}

/** `duotel explain`: why a workload is as it is. */
export function explainCommand(program: Command): void {
  const command = program
    .command('explain')
    .description('explain each variable of one workload: its value, who set it, why, and what was left out')
    .argument('[workload]', 'TYPE/NAME: deploy/x, sts/x, ds/x, cj/x, rollout/x, pod/x, rs/x, job/x; with -f: default all in the file')
    .option('-f, --filename <file>', 'explain the workloads of a manifest instead (- is standard input)')
    .option('--stack-file <file>', 'with -f: a TelemetryStack manifest (default: the stack that the operator makes)')
    .addHelpText('after', HELP);
  addClusterOptions(command, 'namespace of the workload (default: that of the context)').action(
    async (name: string | undefined, options: Options) => {
      const { explainTable } = await import('../output/explain-table.ts');
      const explanations =
        options.filename === undefined ? [await explainLive(name, options)] : await explainFile(name, options.filename, options);
      const data = options.filename === undefined ? explanations[0] : explanations;
      process.stdout.write(rendered(options.output, data, () => explanations.map(explainTable).join('\n')));
    },
  );
}

async function explainLive(name: string | undefined, options: Options): Promise<Explanation> {
  if (name === undefined) throw new Error('explain: expected TYPE/NAME, for example deploy/my-rag, or -f FILE');
  const [
    { createKubeApi },
    { loadCredentials },
    { OTHER_POD_KINDS, WORKLOAD_KINDS },
    { findWorkload },
    { findMaker },
    { listStacks },
    { stackSettings },
    { suspendedStacks },
    { explainWorkload },
    { readHistory },
  ] = await Promise.all([
    import('../../kube/rest/rest-kube-api.ts'),
    import('../../kube/rest/credentials.ts'),
    import('../../inject/workload/kinds.ts'),
    import('../../survey/find-workload.ts'),
    import('../../survey/find-maker.ts'),
    import('../../survey/survey.ts'),
    import('../../survey/stacks.ts'),
    import('../../inject/decision/suspension.ts'),
    import('../../explain/explain.ts'),
    import('../../explain/history.ts'),
  ]);
  const source = credentialsSource(options);
  const api = await createKubeApi(source);
  try {
    const place = options.namespace ?? (await loadCredentials(source)).namespace;
    const named = await findWorkload(api, name, place, { ...WORKLOAD_KINDS, ...OTHER_POD_KINDS });
    const workload = await findMaker(api, named);
    const [namespace, found, history] = await Promise.all([
      api.get(await api.resourceType('v1', 'Namespace'), { name: place }),
      listStacks(api),
      readHistory(api, workload),
    ]);
    const settings = stackSettings(found);
    const suspended = suspendedStacks(settings);
    const stacks = settings.map(({ config }) => config);
    const own = namespace ?? namespaceNamed(place);
    const explanation = explainWorkload({ workload, namespace: own, stacks, operatorNamespace: SYSTEM_NAMESPACE, suspended }, history);
    return workload === named ? explanation : { ...explanation, makes: describe(named) };
  } finally {
    await api.close();
  }
}

async function explainFile(name: string | undefined, file: string, options: Options): Promise<readonly Explanation[]> {
  const [
    { readManifests },
    { stackOfFile },
    { manifestWorkloads },
    { explainWorkload },
    { parseTarget },
    { OTHER_POD_KINDS, WORKLOAD_KINDS },
  ] = await Promise.all([
    import('../options/manifest-files.ts'),
    import('../options/stack-source.ts'),
    import('../../manifests/manifest-workloads.ts'),
    import('../../explain/explain.ts'),
    import('../../survey/targets.ts'),
    import('../../inject/workload/kinds.ts'),
  ]);
  const target = name === undefined ? undefined : parseTarget(name, { ...WORKLOAD_KINDS, ...OTHER_POD_KINDS });
  const stacks = [stackOfFile(options.stackFile)];
  const found = manifestWorkloads(readManifests([file], false), options.namespace, true).filter(
    ({ workload }) => target === undefined || (workload.kind === target.kind && workload.metadata.name === target.name),
  );
  if (found.length === 0) throw new Error(`explain: ${file} holds no ${name ?? 'workload'}`);
  return found.map(({ workload, namespace, record }) => {
    const annotations = { ...workload.metadata.annotations, ...(record === undefined ? {} : { [ANNOTATION.manifest]: record }) };
    const shown = { ...workload, metadata: { ...workload.metadata, annotations } };
    return explainWorkload({ workload: shown, namespace, stacks, operatorNamespace: SYSTEM_NAMESPACE });
  });
}

function namespaceNamed(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
}
