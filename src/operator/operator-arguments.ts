import { SYSTEM_NAMESPACE } from '../../api/names.ts';

/** The operator's settings at its start, from the arguments of its container or from `duotel operator`. */
export interface OperatorArguments {
  /** Path of a kubeconfig. Default: KUBECONFIG, then ~/.kube/config, then the service account of the pod. */
  readonly kubeconfig?: string;
  /** Context in it. Default: its current one. */
  readonly context?: string;
  /** Of the operator and of its stacks. */
  readonly namespace: string;
  /** Namespaces whose workloads are looked at. Default: all. */
  readonly scope?: readonly string[];
  /** Where probes and metrics are served. */
  readonly listen: { readonly host: string; readonly port: number };
  /** Write only while holding the Lease. */
  readonly leaderElect: boolean;
  readonly debug: boolean;
}

/** The values of its options, as the reader of the command line gives them. An option that was not given is undefined. */
export interface OperatorOptionValues {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly scope?: string | undefined;
  readonly listen?: string | undefined;
  readonly leaderElect?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What holds for an option that is not given. */
export function operatorDefaults(environment: Environment) {
  return {
    namespace: environment['POD_NAMESPACE'] ?? SYSTEM_NAMESPACE,
    listen: '127.0.0.1:8080',
    // In a cluster, where another pod may be the operator as well.
    leaderElect: environment['KUBERNETES_SERVICE_HOST'] !== undefined,
    debug: false,
  };
}

/** @throws Error that names the option, what it holds and what was expected. */
export function operatorArguments(values: OperatorOptionValues, environment: Environment): OperatorArguments {
  const { kubeconfig, context, scope } = values;
  const defaults = operatorDefaults(environment);
  return {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    namespace: values.namespace ?? defaults.namespace,
    ...(scope !== undefined && { scope: parseScope(scope) }),
    listen: parseListen(values.listen ?? defaults.listen),
    leaderElect: values.leaderElect ?? defaults.leaderElect,
    debug: values.debug ?? defaults.debug,
  };
}

function parseListen(text: string): OperatorArguments['listen'] {
  const match = /^(.*):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535)
    throw new Error(`--listen: is ${JSON.stringify(text)}, expected HOST:PORT, for example 0.0.0.0:8080`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}

function parseScope(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))) return names;
  throw new Error(`--scope: is ${JSON.stringify(text)}, expected names of namespaces separated by commas, for example shop,lab`);
}
