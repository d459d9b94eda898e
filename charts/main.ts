import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, type ApiObjectProps, App, Chart } from 'cdk8s';
import { FEATURE_NAMES, optionalKinds } from '../api/features.ts';
import { DEFAULT_STACK, SYSTEM_NAMESPACE } from '../api/names.ts';
import { resolveStackSpec } from '../api/telemetry-stack.ts';
import { FoundationChart, OperatorChart } from './operator.ts';
import { loadSettings, type Settings } from './settings.ts';
import { synthStack } from './synth-stack.ts';

const PROGRAM = 'build/operator.mjs.br';

/** The operator's program. It is made before, so that this app needs nothing but its own files. */
function readProgram(): Uint8Array {
  const path = join(import.meta.dirname, '..', PROGRAM);
  if (!existsSync(path)) throw new Error(`${PROGRAM} is not there: run \`npm run synth\`, which bundles the operator first`);
  return readFileSync(path);
}

/** Chart ids are file names, and `kubectl apply -f dist` goes by these: what others need comes first. */
function synthesize(settings: Settings): void {
  const app = new App();
  new FoundationChart(app, '00-foundation');
  const stack = synthStack({ name: DEFAULT_STACK, namespace: SYSTEM_NAMESPACE, spec: resolveStackSpec(settings.stack) });
  const asked = new Set([...(settings.operator.features ?? []), ...optionalKinds(stack).map(({ feature }) => feature)]);
  const features = FEATURE_NAMES.filter((feature) => asked.has(feature));
  new OperatorChart(app, '10-operator', { ...settings, features, program: readProgram });
  // The very objects that the operator will want: it finds them as they should be, and writes nothing.
  const chart = new Chart(app, '20-stack', { disableResourceNameHashes: true });
  for (const object of stack) new ApiObject(chart, `${object.kind}-${object.metadata.name}`, object as ApiObjectProps);
  app.synth();
}

try {
  synthesize(loadSettings());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
