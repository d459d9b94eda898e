import type { KubeObject } from '../../api/kube-object.ts';
import { isOver } from '../support/time/is-over.ts';
import { path } from './support/admin.ts';
import { installed } from './support/installed.ts';
import { settle, silent } from './support/journey.ts';
import { row, useWorld } from './support/row.ts';
import { type Schema, walk } from './support/schema-walk.ts';

const stage = useWorld();
const WHERE = path('TelemetryStack', 'duotel', 'duotel');

interface Crd extends KubeObject {
  readonly spec: { readonly versions: readonly [{ readonly schema: { readonly openAPIV3Schema: Schema } }] };
}

/** A merge patch that sets one field. */
function setting(fieldPath: readonly string[], value: unknown): object {
  return { spec: fieldPath.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value) };
}

row('I1', 'every field of the spec can go to its limits and back, and what is invalid is refused', stage, {
  injected: 'each field to its smallest, largest, empty and invalid values, each time back to what it was',
  cases: ['create', 'update', 'prune'],
  limit: 1_800_000,
  run: async ({ world, reference }) => {
    const { admin } = world;
    const crd = world.base.find(({ kind }) => kind === 'CustomResourceDefinition') as Crd;
    const schema = crd.spec.versions[0].schema.openAPIV3Schema.properties?.['spec'] ?? {};
    await installed({ world, reference });
    const former = (await admin.get('TelemetryStack', 'duotel'))?.['spec'];
    const tried = { fields: 0, accepted: 0, refused: 0 };
    for (const field of walk(schema)) {
      const name = field.path.join('.');
      tried.fields += 1;
      for (const value of field.invalid) {
        const { status } = await admin.request('PATCH', WHERE, setting(field.path, value), 'application/merge-patch+json');
        if (status < 400 || status > 499) throw new Error(`${name}: the API server took ${JSON.stringify(value)} (${status})`);
        tried.refused += 1;
      }
      for (const value of field.valid) {
        const { status } = await admin.request('PATCH', WHERE, setting(field.path, value), 'application/merge-patch+json');
        if (status >= 400) {
          // A rule over several fields: the value is not allowed beside the others of the former spec.
          tried.refused += 1;
          continue;
        }
        tried.accepted += 1;
        await observed(name, value);
        await admin.request('PATCH', WHERE, [{ op: 'replace', path: '/spec', value: former }], 'application/json-patch+json');
        await settle(world, 'create', reference.create, 90, 50).catch((error: unknown) => {
          throw new Error(`${name} = ${JSON.stringify(value)} and back: ${error instanceof Error ? error.message : String(error)}`);
        });
      }
    }
    await settle(world, 'create', reference.create, 90);
    const silence = await silent(world);
    if (world.operators.length !== 1 || !world.operator.running) throw new Error(`the operator ended by ${world.operator.ending}`);
    if (world.operator.errors !== '') throw new Error(world.operator.errors.slice(0, 2000));
    return `${tried.fields} fields, ${tried.accepted} values taken and back at the former state, ${tried.refused} refused, ${silence}`;

    /** The operator has said something of this generation. */
    async function observed(name: string, value: unknown): Promise<void> {
      const begun = performance.now();
      for (;;) {
        const live = await admin.get('TelemetryStack', 'duotel');
        const status = live?.['status'] as { observedGeneration?: number } | undefined;
        if (status?.observedGeneration === live?.metadata.generation) return;
        if (isOver(begun, 60)) throw new Error(`${name} = ${JSON.stringify(value)}: not observed within 60 s`);
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    }
  },
});
