import type { Schema } from './schema.ts';
import { telemetryStackCrd } from './telemetry-stack-crd.ts';

let specSchema: Schema | undefined;

/** The CRD's schema of `.spec`. Read once a process. */
export function stackSpecSchema(): Schema {
  if (specSchema === undefined) {
    const crd = telemetryStackCrd() as { spec: { versions: { schema: { openAPIV3Schema: Schema } }[] } };
    specSchema = crd.spec.versions[0]?.schema.openAPIV3Schema.properties?.['spec'];
    if (specSchema === undefined) throw new Error('crds/telemetrystack.yaml: no schema for .spec');
  }
  return specSchema;
}
