import type { Command } from 'commander';
import { SYSTEM_NAMESPACE } from '../api/names.ts';

/** `duotel operator`: the reconciler, in a pod or on your machine. */
export function operatorCommand(program: Command): void {
  program
    .command('operator')
    .description('run the reconciler until it is told to stop (what the Deployment duotel-operator runs)')
    .option('--kubeconfig <file>', "kubeconfig (default: KUBECONFIG, ~/.kube/config, the pod's service account)")
    .option('--context <name>', 'context in the kubeconfig')
    .option('--namespace <name>', 'namespace of the operator and of its stacks', process.env['POD_NAMESPACE'] ?? SYSTEM_NAMESPACE)
    .option('--listen <host:port>', 'where /healthz, /readyz and /metrics are served', '127.0.0.1:8080')
    .option('--debug', 'log every decision', false)
    .addHelpText('after', '\nExample:\n  npx duotel operator --kubeconfig ~/.kube/config   # scale the one in the cluster to 0 first')
    .action(async (options: { kubeconfig?: string; context?: string; namespace: string; listen: string; debug: boolean }) => {
      const [{ runOperator }, { createKubeApi }, { jsonLogger }, { Metrics }] = await Promise.all([
        import('../control/operator.ts'),
        import('../kube/rest-kube-api.ts'),
        import('../control/logger.ts'),
        import('../control/metrics.ts'),
      ]);
      const metrics = new Metrics();
      const logger = jsonLogger((line) => process.stdout.write(line), { debug: options.debug });
      const listen = parseListen(options.listen);
      const api = await createKubeApi(
        { ...(options.kubeconfig && { kubeconfig: options.kubeconfig }), ...(options.context && { context: options.context }) },
        {
          onRequest: ({ method, status, seconds, host }) => {
            metrics.requests.inc({ method, code: String(status), host });
            metrics.requestSeconds.observe({ verb: method, host }, seconds);
          },
          onRetry: ({ method }) => metrics.requestRetries.inc({ verb: method }),
        },
      );
      const stop = new AbortController();
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
      try {
        await runOperator({ api, logger, metrics, namespace: options.namespace, listen }, stop.signal);
      } finally {
        await api.close();
      }
    });
}

/** @throws Error that says what was expected. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(.*):(\d+)$/.exec(text);
  const port = Number(match?.[2]);
  if (match?.[1] === undefined || port > 65_535)
    throw new Error(`--listen: is ${JSON.stringify(text)}, expected HOST:PORT, for example 0.0.0.0:8080`);
  return { host: match[1].replace(/^\[|\]$/g, ''), port };
}
