import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { type Command, Option } from 'commander';
import { SYSTEM_NAMESPACE } from '../../../api/names.ts';

/** `duotel operator`: the reconciler, in a pod or on your machine. */
export function operatorCommand(program: Command): void {
  program
    .command('operator')
    .description('run the reconciler until it is told to stop (what the Deployment duotel-operator runs)')
    .option('--kubeconfig <file>', "kubeconfig (default: KUBECONFIG, ~/.kube/config, the pod's service account)")
    .option('--context <name>', 'context in the kubeconfig')
    .addOption(
      new Option('--namespace <name>', 'namespace of the operator and of its stacks').default(SYSTEM_NAMESPACE).env('POD_NAMESPACE'),
    )
    .option('--scope <names>', 'namespaces whose workloads are looked at, separated by commas (default: all)')
    .option('--listen <host:port>', 'where /healthz, /readyz and /metrics are served', '127.0.0.1:8080')
    .addOption(new Option('--leader-elect', 'write only while holding the Lease duotel-operator').default(inCluster(), 'in a cluster'))
    .option('--no-leader-elect', 'write without asking: no other operator may run')
    .option('--debug', 'log every decision', false)
    .addHelpText('after', '\nExample:\n  npx duotel operator --kubeconfig ~/.kube/config   # scale the one in the cluster to 0 first')
    .action(
      async (options: {
        kubeconfig?: string;
        context?: string;
        namespace: string;
        scope?: string;
        listen: string;
        leaderElect: boolean;
        debug: boolean;
      }) => {
        const [{ runOperator }, { createKubeApi }, { jsonLogger }, { Metrics }, { WriteFence }, { RequestLimiter }, { systemClock }] =
          await Promise.all([
            import('../../operator/run-operator.ts'),
            import('../../kube/rest/rest-kube-api.ts'),
            import('../../controller/logger.ts'),
            import('../../controller/metrics.ts'),
            import('../../kube/lease/fence.ts'),
            import('../../kube/rest/request-limiter.ts'),
            import('../../kube/system-clock.ts'),
          ]);
        const metrics = new Metrics();
        const logger = jsonLogger((line) => process.stdout.write(line), { debug: options.debug });
        const listen = parseListen(options.listen);
        const fence = options.leaderElect ? new WriteFence() : undefined;
        const api = await createKubeApi(
          { ...(options.kubeconfig && { kubeconfig: options.kubeconfig }), ...(options.context && { context: options.context }) },
          {
            ...(fence && { fence }),
            limiter: new RequestLimiter({ clock: systemClock }),
            onRequest: ({ method, status, seconds, host }) => {
              metrics.requests.inc({ method, code: String(status), host });
              metrics.requestSeconds.observe({ verb: method, host }, seconds);
            },
            onRetry: ({ method }) => metrics.requestRetries.inc({ verb: method }),
          },
        );
        const stop = new AbortController();
        for (const name of ['SIGTERM', 'SIGINT'] as const)
          process.once(name, () => {
            stop.abort();
            // The kubelet kills after 30 s; something that hangs in spite of all is left to it no longer than that.
            setTimeout(() => process.exit(1), 28_000).unref();
          });
        const election = fence && { api: api.forLease(), fence, identity: `${hostname()}_${randomUUID()}` };
        try {
          await runOperator(
            {
              api,
              logger,
              metrics,
              namespace: options.namespace,
              ...(options.scope !== undefined && { scope: parseScope(options.scope) }),
              listen,
              ...(election && { election }),
            },
            stop.signal,
          );
        } finally {
          await api.close();
        }
      },
    );
}

function inCluster(): boolean {
  return process.env['KUBERNETES_SERVICE_HOST'] !== undefined;
}

/** @throws Error that says what was expected. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(.*):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535)
    throw new Error(`--listen: is ${JSON.stringify(text)}, expected HOST:PORT, for example 0.0.0.0:8080`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}

/** @throws Error that says what was expected. */
export function parseScope(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name))) return names;
  throw new Error(`--scope: is ${JSON.stringify(text)}, expected names of namespaces separated by commas, for example shop,lab`);
}
