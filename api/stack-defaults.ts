import { defaultsOnly, type Schema } from './schema.ts';
import { stackSpecSchema } from './stack-spec-schema.ts';

/** What a spec without any field becomes, as a schema. The bundles carry what this returns, a seventh of the CRD (tools/bundle/evaluated-modules.ts). */
export function stackDefaults(): Schema {
  return defaultsOnly(stackSpecSchema());
}
