import { spawn } from 'node:child_process';
import { Command, Option } from 'commander';
import { say } from '../lib/progress.ts';
import { endRunningCommands } from '../lib/run.ts';
import { runCommand } from '../lib/run-command.ts';
import { ToolError } from '../lib/tool-error.ts';
import { DEFAULT_CLUSTER, downCluster, findCluster, upCluster } from './cluster.ts';
import { bringUpControlPlane } from './control-plane.ts';
import { EMBEDDED_NOTE } from './embedded-stack.ts';
import { type ClusterTier, checkClusterName, clusterFolder, clusterNames, readState } from './state.ts';
import { clusterStatus, formatStatus } from './status.ts';

interface Common {
  readonly name: string;
  readonly output: 'text' | 'json';
}

/** Runs `work` so that an interrupt ends what it started: running commands are ended, `work` cleans up, and the exit code is 130. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onSignal = () => {
    say('interrupted: ending what was started');
    process.exitCode = 130;
    controller.abort(new ToolError('interrupted'));
    endRunningCommands();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  try {
    return await work(controller.signal);
  } catch (error) {
    // What an ended command said is not what went wrong.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  }
}

async function up({ name, output, tier, audit }: Common & { readonly tier: ClusterTier; readonly audit: boolean }): Promise<void> {
  const existing = readState(clusterFolder(name));
  if (existing !== undefined && existing.tier !== tier) {
    throw new ToolError(
      `cluster ${name} exists with tier ${existing.tier}`,
      `npm run cluster -- down --name ${name}, or choose another --name`,
    );
  }
  if (tier === 'node') await interruptible((signal) => upCluster(name, { audit, signal }));
  else await upControl(name, audit);
  await print({ name, output });
  if (tier === 'node' && output === 'text') say(`note: ${EMBEDDED_NOTE}`);
}

async function upControl(name: string, audit: boolean): Promise<void> {
  if (readState(clusterFolder(name)) !== undefined) {
    if ((await clusterStatus(name)).phase === 'ready') return;
    await downCluster(name);
  }
  await interruptible((signal) => bringUpControlPlane(name, { audit, signal }));
}

async function print({ name, output }: Common): Promise<void> {
  const status = await clusterStatus(name);
  process.stdout.write(output === 'json' ? `${JSON.stringify(status, null, 2)}\n` : formatStatus(status));
}

async function exec({ name }: Common, [command, ...args]: readonly string[]): Promise<void> {
  if (command === undefined) throw new ToolError('exec needs a command', 'npm run cluster -- exec -- kubectl get pods');
  const inside = (await findCluster(name)).inCluster(command, args);
  const child = spawn(inside.command, inside.args, { stdio: 'inherit', env: { ...process.env, ...inside.env } });
  // The terminal sends its signals to the child too; this process only waits for it.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void child.kill(signal));
  process.exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 128));
  });
}

export function program(): Command {
  const command = new Command('cluster')
    .description('A real single-node Kubernetes in a network namespace of its own, from binaries that this repository builds.')
    .enablePositionalOptions();
  const withCommon = (sub: Command) =>
    sub
      .addOption(
        new Option('--name <name>', 'name of the cluster; several can run side by side')
          .default(DEFAULT_CLUSTER)
          .argParser(checkClusterName),
      )
      .addOption(new Option('--output <format>', 'how results are printed').choices(['text', 'json']).default('text'));
  withCommon(command.command('up'))
    .description('start the cluster, or leave it as it is when it runs')
    .addOption(
      new Option(
        '--tier <tier>',
        'control: etcd, API server and controller manager on loopback ports, without root; node: with a real node',
      )
        .choices(['control', 'node'])
        .default('node'),
    )
    .option('--no-audit', 'write no audit log')
    .action(up);
  withCommon(command.command('down'))
    .description('end the cluster, also a half-started one, and remove all of it')
    .action(async ({ name, output }: Common) => {
      const existed = await downCluster(name);
      if (output === 'json') process.stdout.write(`${JSON.stringify({ name, existed })}\n`);
      else say(existed ? `cluster ${name} is gone` : `there was no cluster ${name}`);
    });
  withCommon(command.command('status')).description('show processes, node, versions and paths').action(print);
  command
    .command('list')
    .description('names of the clusters of this state folder')
    .action(
      () =>
        void process.stdout.write(
          clusterNames()
            .map((name) => `${name}\n`)
            .join(''),
        ),
    );
  withCommon(command.command('exec'))
    .description('run a command inside the cluster: with its network, KUBECONFIG and kubectl on PATH')
    .argument('[command...]')
    .passThroughOptions()
    .action((args: string[], options: Common) => exec(options, args));
  return command;
}

if (import.meta.main) {
  await runCommand(program());
}
