import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goToolchain } from '../../../tools/build/go-toolchain.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { run } from '../../../tools/lib/run.ts';
import { eventually } from '../time/eventually.ts';

/** The projects whose kinds a stack may hold, as Go modules: their archives hold the CRDs, and the sum says that they are what we tested. */
const SOURCES = [
  {
    module: 'sigs.k8s.io/gateway-api@v1.3.0',
    sum: 'h1:q6okN+/UKDATola4JY7zXzx40WO4VISk7i9DIfOvr9M=',
    files: ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
  },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    sum: 'h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=',
    files: [
      'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
      'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
    ],
  },
  {
    module: 'github.com/open-telemetry/opentelemetry-operator@v0.136.0',
    sum: 'h1:izyLrje0aYyTJcakQExLYb3lZ6GqiTaZYcQOlyA/rKs=',
    files: ['config/crd/bases/opentelemetry.io_opentelemetrycollectors.yaml'],
  },
] as const;

/** Installs the real CRDs of HTTPRoute, ServiceMonitor, PrometheusRule and OpenTelemetryCollector, and waits until they are served. */
export async function installForeignCrds(cluster: ControlPlane): Promise<void> {
  const { command } = await goToolchain();
  for (const { module, sum, files } of SOURCES) {
    const { code, stdout, stderr } = await run(command, ['mod', 'download', '-json', module], { timeoutMs: 180_000 });
    if (code !== 0) throw new Error(`go mod download ${module}: ${stderr}${stdout}`);
    const { Dir, Sum } = JSON.parse(stdout) as { Dir: string; Sum: string };
    if (Sum !== sum) throw new Error(`${module}: its sum is ${Sum}, expected ${sum}`);
    for (const file of files) await installCrd(cluster, served(readFileSync(join(Dir, file), 'utf8')));
  }
}

/** Applies a CRD, and waits until the API server serves its kind. */
export async function installCrd(cluster: ControlPlane, crd: string): Promise<void> {
  const applied = await cluster.kubectl(['apply', '--server-side', '-f', '-'], crd);
  const name = applied.stdout.split(' ')[0] ?? '';
  if (applied.code !== 0) throw new Error(`the CRD was refused: ${applied.stderr}`);
  // A CRD that has no status yet makes kubectl wait fail at once.
  const wait = ['wait', '--for=condition=Established', '--timeout=5s', name];
  await eventually(`${name} to be served`, async () => (await cluster.kubectl(wait)).code === 0);
}

/** Conversion between versions asks a webhook of the operator, which is not there. */
function served(crd: string): string {
  return crd.replace(/^ {2}conversion:\n(?: {4}.*\n)+/m, '');
}
