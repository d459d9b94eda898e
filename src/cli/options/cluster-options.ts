import type { Command } from 'commander';
import type { CredentialsSource } from '../../kube/rest/credentials.ts';
import { type Output, outputOption } from '../output/output.ts';

/** Options of every command that talks to a cluster. */
export interface ConnectionOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Options of every command that reads a cluster and shows what it found. */
export interface ClusterOptions extends ConnectionOptions {
  readonly namespace?: string;
  readonly output: Output;
}

export function addConnectionOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', "kubeconfig (default: KUBECONFIG, ~/.kube/config, the pod's service account)")
    .option('--context <name>', 'context in the kubeconfig');
}

/** Adds them; `namespaceHelp` says what the namespace chooses. */
export function addClusterOptions(command: Command, namespaceHelp: string): Command {
  return addConnectionOptions(command).option('-n, --namespace <name>', namespaceHelp).addOption(outputOption());
}

export function credentialsSource(options: ConnectionOptions): CredentialsSource {
  return {
    ...(options.kubeconfig !== undefined && { kubeconfig: options.kubeconfig }),
    ...(options.context !== undefined && { context: options.context }),
  };
}
