import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { embeddedStack } from '../cluster/embedded-stack.ts';
import { runOk } from '../lib/run.ts';

const ROOT = join(import.meta.dirname, '../..');

/**
 * `cdk8s synth` into `folder/dist`, the very command that people type. `embedded` names the local images and leaves Grafana out through a
 * settings file; otherwise the settings are the checkout's own. Returns the folder with the manifests.
 */
export async function synth(folder: string, embedded: boolean): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const dist = join(folder, 'dist');
  const settings = join(folder, 'settings.yaml');
  const { spec, operatorImage } = embeddedStack();
  if (embedded) writeFileSync(settings, stringify({ operator: { image: operatorImage }, stack: spec }));
  // cdk8s.yaml starts `node`: that must be the one that runs this program.
  const path = [dirname(process.execPath), join(ROOT, 'node_modules/.bin'), process.env['PATH'] ?? ''].join(delimiter);
  await runOk('cdk8s', ['synth', '--output', dist], {
    cwd: ROOT,
    // Its question for a newer version is the only thing in a synth that would use the network.
    env: { PATH: path, CDK8S_CHECK_UPGRADE: 'false', ...(embedded && { DUOTEL_SETTINGS: settings }) },
    timeoutMs: 120_000,
  });
  if (readdirSync(dist).length === 0) throw new Error(`cdk8s synth has written nothing to ${dist}`);
  return dist;
}
