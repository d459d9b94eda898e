import { parse } from 'yaml';
import { readAsset } from './assets.ts';

/** The CustomResourceDefinition as in crds/telemetrystack.yaml. The bundles carry what this returns (tools/bundle/evaluated-modules.ts). */
export function telemetryStackCrd(): Record<string, unknown> {
  return parse(readAsset('crds/telemetrystack.yaml'));
}
