import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, type KubeObject } from '../../../api/kube-object.ts';
import type { InjectionConfig } from '../../inject/wishes/config.ts';
import type { InjectedManifests, ManifestResult } from '../../manifests/inject-manifests.ts';
import { joined } from '../../manifests/joined.ts';
import type { NeedsPlace } from '../../manifests/place-needs.ts';
import type { ManifestText } from '../../manifests/stream.ts';
import type { TargetName } from '../../survey/targets.ts';
import { addAnnotationOptions, annotationsOf } from '../options/annotation-options.ts';
import { addConnectionOptions, type ConnectionOptions, credentialsSource } from '../options/cluster-options.ts';
import { type Output, outputOption, rendered } from '../output/output.ts';
import { table } from '../output/table.ts';

const HELP = `
For manifests that live in Git. Writes into them what the operator would write into the live objects, by the same rules. Comments, order,
quotes and all other documents keep their bytes. A second run changes nothing. --revert gives the former bytes back; it leaves out an empty
env:, volumes: or volumeMounts: that a list was put into.
The annotations in the files say what you want. --backend and the other options set annotations, on the workloads that you name, on those
that -l selects, or on the only one. The defaults of a Namespace count when the Namespace is in the input. An operator that meets an
injected workload changes nothing in its template.

The files go to standard output, or with --write where they came from. Pods mount ConfigMaps. These are appended to the output, or written
to --configmaps FILE, which keeps what it has. With --configmaps none they are left out: an operator in the cluster brings them itself.
What becomes of each workload goes to standard error; with --write or --check, to standard output in the format of -o.

Pods, ReplicaSets and Jobs stay as they are. If such an object, its Namespace or -l asks for telemetry, the command says why it stays and
what to do instead. It says the same of an annotated object of an unknown kind.

Exit code 0: done. 1: an input can not be used, and nothing was written; or a workload is blocked, and stays as it is. A Pod, ReplicaSet, Job
or object of another kind counts only when it is annotated itself. 2: with --check, a file is not up to date.

Examples:
  npx duotel inject -f app.yaml | kubectl apply -f -
  npx duotel inject -f k8s/ --write --configmaps k8s/duotel-files.yaml
  npx duotel inject -f app.yaml deploy/my-rag --backend both --bootstrap python --write --configmaps none
  npx duotel inject -f k8s/ --check --configmaps none        # in CI
  npx duotel inject -f app.yaml --revert --write`;

interface Options extends ConnectionOptions {
  readonly filename: readonly string[];
  readonly recursive?: true;
  readonly write?: true;
  readonly check?: true;
  readonly revert?: true;
  readonly configmaps?: string;
  readonly namespace?: string;
  readonly selector?: string;
  readonly stackFile?: string;
  readonly output: Output;
}

/** `duotel inject -f`: the operator's work on manifests. */
export function injectCommand(program: Command): void {
  const command = program
    .command('inject')
    .description('write into manifests what the operator would set, for clusters where Git has the last word')
    .argument('[workloads...]', 'TYPE/NAME: workloads that --backend and the other annotations are for')
    .requiredOption('-f, --filename <file>', 'file, folder, or - for standard input; may be repeated', collect)
    .option('-R, --recursive', 'look into the folders of a folder too')
    .option('--write', 'write the files in place')
    .option('--check', 'write nothing; exit code 2 when a file is not up to date')
    .option('--revert', 'take out what inject has put in')
    .option('--configmaps <file>', 'file for the ConfigMaps that pods mount; none: leave them out')
    .option('-n, --namespace <name>', 'namespace of objects that name none')
    .option('-l, --selector <labels>', 'workloads that --backend and the other annotations are for')
    .option('--stack-file <file>', 'a TelemetryStack manifest with the settings (default: those of the default stack)');
  addAnnotationOptions(command, '');
  addConnectionOptions(command)
    .addOption(outputOption())
    .addHelpText(
      'after',
      HELP.replace(
        'The annotations in',
        'With --context or --kubeconfig, the stacks of that cluster give the settings.\nThe annotations in',
      ),
    )
    .action(async (names: readonly string[], options: Options) => {
      const [{ injectManifests, documentsOf }, { placeNeeds }, { needsPlace, readManifests }, { parseTarget }] = await Promise.all([
        import('../../manifests/inject-manifests.ts'),
        import('../../manifests/place-needs.ts'),
        import('../options/manifest-files.ts'),
        import('../../survey/targets.ts'),
      ]);
      if (options.write === true && options.check === true)
        throw new Error('inject: expected one of --write (writes the files) and --check (writes nothing)');
      const files = readManifests(options.filename, options.recursive === true);
      if (options.write === true && files.some(({ name }) => name === '<stdin>'))
        throw new Error('inject: standard input can not be written in place: leave out --write');
      const annotate = annotationsOf({ ...options }, '');
      const request = await requests(
        files,
        names.map((one) => parseTarget(one)),
        annotate,
        options,
      );
      const stacks = await stacksFor(options);
      const result = injectManifests({ files, ...(options.namespace !== undefined && { namespace: options.namespace }), stacks, request });
      if (options.write === true) requirePlaceForNeeds(result, options);
      const place = needsPlace(files, options.configmaps);
      const placed = place === undefined ? result.files : placeNeeds(result, place, options.namespace);
      output(result, { placed, place, appended: documentsOf(result.needs) }, options);
      const stale = placed.some(({ before, after }) => before !== after);
      if (result.results.some(({ outcome, advice }) => outcome.state === 'blocked' && !advice)) process.exitCode = 1;
      else if (options.check === true && (stale || (result.needs.length > 0 && options.configmaps === undefined))) process.exitCode = 2;
    });
}

function collect(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value];
}

/** What to do with each workload: the annotations are for those that are named or selected, or for the only one. */
async function requests(
  files: readonly ManifestText[],
  targets: readonly TargetName[],
  annotate: Readonly<Record<string, string>>,
  options: Options,
) {
  const [{ parseSelector }, { manifestWorkloads }] = await Promise.all([
    import('../../survey/selector.ts'),
    import('../../manifests/manifest-workloads.ts'),
  ]);
  const revert = options.revert === true;
  if (Object.keys(annotate).length === 0) {
    if (targets.length > 0 || options.selector !== undefined) {
      throw new Error('inject: workloads are named or selected, and no annotation is given: pass --backend, for example');
    }
    return () => ({ annotate: {}, revert });
  }
  if (revert) throw new Error('inject: --revert takes everything out: leave out --backend and the other annotations');
  const matches = parseSelector(options.selector ?? '');
  const workloads = manifestWorkloads(files, options.namespace).map(({ workload }) => workload);
  const isTarget = ({ kind, metadata }: KubeObject) => targets.some((target) => target.kind === kind && target.name === metadata.name);
  const missing = targets.find((target) => !workloads.some(({ kind, metadata }) => target.kind === kind && target.name === metadata.name));
  if (missing !== undefined) {
    throw new Error(
      `inject: no file holds ${missing.kind}/${missing.name}: they hold ${workloads.map(describe).join(', ') || 'no workload'}`,
    );
  }
  const chosen = (workload: KubeObject): boolean => {
    if (targets.length > 0) return isTarget(workload);
    return options.selector === undefined
      ? workloads.length === 1 && workload.kind === workloads[0]?.kind
      : matches(workload.metadata.labels ?? {});
  };
  if (targets.length === 0 && options.selector === undefined && workloads.length !== 1) {
    throw new Error(
      `inject: ${Object.keys(annotate).join(', ')} for which of ${workloads.map(describe).join(', ') || 'no workload'}? Name them, or select them with -l`,
    );
  }
  const { workloadKind } = await import('../../inject/workload/kinds.ts');
  // If a selection meets a Pod or a Job, the result says why it is not injected.
  const isMet = (workload: KubeObject) =>
    workloadKind(workload) === undefined ? options.selector !== undefined && matches(workload.metadata.labels ?? {}) : chosen(workload);
  return (workload: KubeObject) => ({ annotate: isMet(workload) ? annotate : {}, revert });
}

async function stacksFor(options: Options): Promise<readonly InjectionConfig[]> {
  const { stackOfFile } = await import('../options/stack-source.ts');
  if (options.stackFile !== undefined || (options.context === undefined && options.kubeconfig === undefined))
    return [stackOfFile(options.stackFile)];
  const [{ createKubeApi }, { listStacks }, { stackSettings }] = await Promise.all([
    import('../../kube/rest/rest-kube-api.ts'),
    import('../../survey/survey.ts'),
    import('../../survey/stacks.ts'),
  ]);
  const api = await createKubeApi(credentialsSource(options));
  try {
    return stackSettings(await listStacks(api)).map(({ config }) => config);
  } finally {
    await api.close();
  }
}

function requirePlaceForNeeds({ needs }: InjectedManifests, { configmaps }: Options): void {
  if (needs.length === 0 || configmaps !== undefined) return;
  const names = needs.map((need) => describe(need)).join(', ');
  throw new Error(
    `inject: pods mount ${names}: say with --configmaps FILE where to write them, or --configmaps none if an operator runs in the cluster`,
  );
}

interface Placed {
  /** The files with the ConfigMaps where they are to stand. */
  readonly placed: InjectedManifests['files'];
  /** Where they are to stand; undefined: in the output, or nowhere. */
  readonly place: NeedsPlace | undefined;
  readonly appended: string;
}

function output(
  { files, needs, results }: InjectedManifests,
  { placed, place, appended }: Placed,
  { write, check, configmaps, output: format }: Options,
): void {
  const changed = placed.filter(({ before, after }) => before !== after);
  const written = write === true ? changed : changed.filter(({ name }) => check !== true && name === place?.file.name);
  for (const { name, after } of written) writeFileSync(name, after);
  if (write === true || check === true) {
    const names = changed.map(({ name }) => name);
    const data = { changed: names, workloads: results.map(resultData) };
    process.stdout.write(rendered(format, data, () => resultTable(results, names, check === true)));
    return;
  }
  const texts = files.map(({ after }) => after);
  process.stdout.write(joined(needs.length > 0 && configmaps === undefined ? [...texts, appended] : texts));
  for (const { file, line, object, outcome, changed } of results) {
    process.stderr.write(`${file}:${line}: ${object}: ${outcome.line}${changed ? '' : ' (unchanged)'}\n`);
  }
}

function resultData({ file, line, object, outcome, changed, advice }: ManifestResult) {
  const { state, reason, message, notes } = outcome;
  return { file, line, object, state, reason, message, notes, changed, advice };
}

function resultTable(results: readonly ManifestResult[], changed: readonly string[], check: boolean): string {
  const columns = [{ title: 'file' }, { title: 'workload' }, { title: 'state' }, { title: 'changed' }, { title: 'outcome' }];
  const rows = results.map(({ file, line, object, outcome, changed }) => [
    `${file}:${line}`,
    object,
    outcome.state,
    changed ? 'yes' : 'no',
    outcome.line,
  ]);
  const files = `${changed.length} file${changed.length === 1 ? '' : 's'} ${check ? 'not up to date' : 'written'}${changed.length === 0 ? '' : `: ${changed.join(', ')}`}\n`;
  return results.length === 0 ? `no workload asks for anything\n${files}` : `${table(columns, rows)}\n${files}`;
}
