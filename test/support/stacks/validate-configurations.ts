import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { describe as describeObject, type KubeObject } from '../../../api/kube-object.ts';
import { PROMETHEUS_RULES_DIRECTORY } from '../../../charts/config/prometheus.ts';
import { ensureBinaries } from '../../../tools/build/binary.ts';
import { run } from '../../../tools/lib/run.ts';

/** What the real programs say against the configurations of a stack, one text each; empty when they accept all of them. */
export async function complaints(objects: readonly KubeObject[]): Promise<readonly string[]> {
  const programs = await ensureBinaries(['otelcol', 'jaeger', 'promtool']);
  const folder = mkdtempSync(join(tmpdir(), 'duotel-validate-'));
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, withSecrets(text, folder));
    return path;
  };
  const found: string[] = [];
  const check = async (object: KubeObject, program: string, args: readonly string[], env: Record<string, string> = {}): Promise<void> => {
    const { code, stdout, stderr } = await run(program, args, { env });
    if (code !== 0) found.push(`${describeObject(object)}: ${stdout}${stderr}`.slice(0, 2000));
  };
  try {
    for (const object of objects) {
      const data = (object['data'] ?? {}) as Readonly<Record<string, string>>;
      const component = object.metadata.labels?.['app.kubernetes.io/name'] ?? '';
      if (object.kind === 'OpenTelemetryCollector') {
        const path = write('operator.yaml', stringify((object['spec'] as { config: object }).config));
        await check(object, programs.otelcol, ['validate', `--config=${path}`]);
      } else if (object.kind === 'PrometheusRule') {
        await check(object, programs.promtool, ['check', 'rules', write('rules.yaml', stringify(object['spec']))]);
      } else if (object.kind !== 'ConfigMap') continue;
      else if ((component === 'collector' || component === 'gateway') && data['config.yaml'] !== undefined) {
        const path = write(`${component}.yaml`, data['config.yaml']);
        await check(object, programs.otelcol, ['validate', `--config=${path}`], { POD_NAME: 'pod-1' });
      } else if (component === 'jaeger' && data['config.yaml'] !== undefined) {
        await check(object, programs.jaeger, ['validate', `--config=${write('jaeger.yaml', data['config.yaml'])}`]);
      } else if (data['prometheus.yml'] !== undefined) {
        const rules = objects.find((other) => (other['data'] as typeof data | undefined)?.['names.yaml'] !== undefined);
        for (const [name, text] of Object.entries((rules?.['data'] ?? {}) as typeof data)) write(`rules/${name}`, text);
        const path = write('prometheus.yml', data['prometheus.yml'].replace(PROMETHEUS_RULES_DIRECTORY, join(folder, 'rules')));
        await check(object, programs.promtool, ['check', 'config', '--lint=all', '--lint-fatal', path]);
      } else for (const [name, text] of Object.entries(data)) if (name.endsWith('.yaml')) parse(text);
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files of Secrets are read while a configuration is checked: each path gets a file. */
function withSecrets(text: string, folder: string): string {
  return text.replace(/\/etc\/(duotel|jaeger-credentials|jaeger-ca|prometheus\/remote-write)\/[-.\w/]+/g, (path) => {
    const file = join(folder, 'secrets', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'Bearer secret-of-a-test');
    return file;
  });
}
