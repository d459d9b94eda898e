import { type Command, Option } from 'commander';
import type { CredentialsSource } from '../kube/credentials.ts';

/** Options of every command that reads a cluster and shows what it found. */
export interface ClusterOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly output: 'table' | 'json';
}

/** Adds them; `namespaceHelp` says what the namespace chooses. */
export function addClusterOptions(command: Command, namespaceHelp: string): Command {
  return command
    .option('--kubeconfig <file>', "kubeconfig (default: KUBECONFIG, ~/.kube/config, the pod's service account)")
    .option('--context <name>', 'context in the kubeconfig')
    .option('-n, --namespace <name>', namespaceHelp)
    .addOption(new Option('-o, --output <format>', 'for people or for programs').choices(['table', 'json']).default('table'));
}

export function credentialsSource(options: ClusterOptions): CredentialsSource {
  return {
    ...(options.kubeconfig !== undefined && { kubeconfig: options.kubeconfig }),
    ...(options.context !== undefined && { context: options.context }),
  };
}
