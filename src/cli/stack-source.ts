import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { type Fields, isFields } from '../api/fields.ts';
import type { KubeObject } from '../api/kube-object.ts';
import { TELEMETRY_STACK } from '../api/telemetry-stack.ts';
import type { InjectionConfig } from '../inject/config.ts';
import { defaultStackSettings, stackSettings } from '../plan-cluster/stacks.ts';

/**
 * What the TelemetryStack of a manifest tells workloads; without a file, what the operator's default one does.
 * @throws Error naming the file and what was expected in it.
 */
export function stackOfFile(file: string | undefined): InjectionConfig {
  if (file === undefined) return defaultStackSettings().config;
  const documents = parseAllDocuments(readFileSync(file === '-' ? 0 : file, 'utf8'));
  const values: readonly unknown[] = Array.isArray(documents) ? documents.map((document) => document.toJS() as unknown) : [];
  const isStack = (value: unknown): value is Fields => isFields(value) && value['kind'] === TELEMETRY_STACK.kind;
  const [stack, ...others] = values.filter(isStack);
  if (stack === undefined || others.length > 0) {
    throw new Error(`--stack-file ${file}: holds ${others.length + (stack === undefined ? 0 : 1)} TelemetryStacks, expected one`);
  }
  const [settings] = stackSettings([stack as unknown as KubeObject]);
  if (settings === undefined) throw new Error(`--stack-file ${file}: the TelemetryStack is being deleted`);
  return settings.config;
}
