import { Command, Option } from 'commander';

/** What is left when the demo is over. `wait`: everything, until it is interrupted. */
export type Ending = 'exit' | 'keep' | 'wait';

export interface DemoOptions {
  readonly ending: Ending;
  /** Context of a cluster of the user's; undefined: the embedded cluster. */
  readonly context: string | undefined;
  readonly kubeconfig: string | undefined;
  /** Name of the embedded cluster. */
  readonly cluster: string;
  readonly output: 'table' | 'json';
  readonly images: { readonly ragPython: string; readonly fakeOpenai: string } | undefined;
}

interface Flags {
  readonly exit?: true;
  readonly keep?: true;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly cluster: string;
  readonly output: 'table' | 'json';
  readonly ragImage?: string;
  readonly fakeOpenaiImage?: string;
}

const HELP = `
From nothing to traces and costs: a cluster, cdk8s synth, kubectl apply -f dist, a RAG app, one annotation; then the three checks with their
real values, and the exact way back. Exit code 0: every line of the table is true.

On the embedded cluster (default; Linux, root) everything is built here. With --context nothing is: the images of the stack are pulled, and
the two of the example must be reachable for the cluster:
  docker build -t my-rag:latest examples/rag-python && docker build -t fake-openai:latest examples/fake-openai
  kind load docker-image my-rag:latest fake-openai:latest     # or push them, and name them with --rag-image and --fake-openai-image

Examples:
  npm run demo                            # keeps everything up until Ctrl-C
  npm run demo -- --exit
  npm run --silent demo -- --exit --output json > demo.json
  npm run demo -- --context kind-kind --keep`;

function command(): Command {
  return new Command('demo')
    .description('The whole journey on a real cluster.')
    .addOption(new Option('--exit', 'end the cluster when done').conflicts('keep'))
    .option(
      '--keep',
      'leave the cluster up when done, and say how to look at it (default: up until Ctrl-C; --exit where there is no terminal)',
    )
    .option('--context <name>', 'use this context of your kubeconfig instead of the embedded cluster')
    .option('--kubeconfig <file>', 'kubeconfig of --context (default: KUBECONFIG, ~/.kube/config)')
    .option('--cluster <name>', 'name of the embedded cluster; one of this name is ended first', 'demo')
    .addOption(new Option('--output <format>', 'for people or for programs').choices(['table', 'json']).default('table'))
    .option('--rag-image <ref>', 'image of examples/rag-python; only with --context')
    .option('--fake-openai-image <ref>', 'image of examples/fake-openai; only with --context')
    .addHelpText('after', HELP)
    .showHelpAfterError('(add --help for what is possible)');
}

/** Reads the command line (without node and script). Commander prints and ends the process for --help and for what is not valid. */
export function parseOptions(args: readonly string[], terminal: boolean, exitOverride = false): DemoOptions {
  const program = command();
  if (exitOverride) program.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  const flags = program.parse(args, { from: 'user' }).opts<Flags>();
  const { ragImage, fakeOpenaiImage, context, kubeconfig } = flags;
  if (context === undefined) {
    const lost = [kubeconfig && '--kubeconfig', ragImage && '--rag-image', fakeOpenaiImage && '--fake-openai-image'].find(Boolean);
    if (lost !== undefined) program.error(`error: ${lost} goes with --context: the embedded cluster makes its own`);
  }
  return {
    ending: flags.exit ? 'exit' : flags.keep ? 'keep' : terminal ? 'wait' : 'exit',
    context,
    kubeconfig,
    cluster: flags.cluster,
    output: flags.output,
    images:
      context === undefined ? undefined : { ragPython: ragImage ?? 'my-rag:latest', fakeOpenai: fakeOpenaiImage ?? 'fake-openai:latest' },
  };
}
