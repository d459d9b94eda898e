import { describe, expect, it } from '@jest/globals';
import { applyDefaults } from '../../../api/schema.ts';
import { stackDefaults } from '../../../api/stack-defaults.ts';
import { stackSpecSchema } from '../../../api/stack-spec-schema.ts';
import { STACK_INPUTS } from '../../support/stacks/stack-inputs.ts';
import { SETTINGS } from '../../support/stacks/stack-settings.ts';

const SPECS = [
  ...Object.entries(STACK_INPUTS),
  ...SETTINGS.flatMap(({ name, values }) => values.map((one) => [`${name}=${one.name}`, one.value] as const)),
];

describe("what is left of the CRD's schema for its defaults", () => {
  it.each(SPECS)('fills in what the whole of it does: %s', (_, spec) => {
    expect(applyDefaults(stackDefaults(), spec)).toEqual(applyDefaults(stackSpecSchema(), spec));
  });

  it('holds no field that has no default at or below it', () => {
    expect(JSON.stringify(stackDefaults())).not.toContain('description');
    expect(JSON.stringify(stackDefaults()).length).toBeLessThan(JSON.stringify(stackSpecSchema()).length / 5);
  });
});
