import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../../api/kube-object.ts';
import { canonicalQuantity, parseQuantity } from '../../api/quantity.ts';
import { ruleViolations } from '../../api/stack-rules.ts';
import { stackSpecSchema } from '../../api/stack-spec-schema.ts';
import { telemetryStackCrd } from '../../api/telemetry-stack-crd.ts';
import { mergePatch } from '../../charts/merge-patch.ts';
import { isApiError } from '../../src/kube/kube-api.ts';
import { createKubeApi } from '../../src/kube/rest/rest-kube-api.ts';
import { walk } from '../support/assertions/walk.ts';
import { installCrd } from '../support/cluster/foreign-crds.ts';
import { useControlPlane } from '../support/cluster/use-control-plane.ts';
import { quantityText } from '../support/stacks/arbitrary-quantity.ts';
import { REFUSED_SPECS } from '../support/stacks/refused-specs.ts';
import { fieldCases } from '../support/stacks/schema-walk.ts';
import { STACK_INPUTS } from '../support/stacks/stack-inputs.ts';

const CASES = fieldCases();
const cluster = useControlPlane({ audit: false });
let api: Awaited<ReturnType<typeof createKubeApi>>;

beforeAll(async () => {
  await installCrd(cluster, JSON.stringify(telemetryStackCrd()));
  api = await createKubeApi({ kubeconfig: cluster.kubeconfig });
});

afterAll(async () => {
  await api?.close();
});

/** Messages of the rules across fields. */
function ruleMessages(): readonly string[] {
  return [...walk(stackSpecSchema())].flatMap(([path, value]) => (/validations\[\d+\]\.message$/.test(path) ? [String(value)] : []));
}

/** What the API server says against a spec; empty when it takes it. */
async function refusal(spec: object): Promise<string> {
  const type = await api.resourceType('duotel.io/v1alpha1', 'TelemetryStack');
  const stack: KubeObject = {
    apiVersion: 'duotel.io/v1alpha1',
    kind: 'TelemetryStack',
    metadata: { name: 'walk', namespace: 'default' },
    spec,
  };
  try {
    await api.create(type, stack, { dryRun: 'All' });
    return '';
  } catch (error) {
    if (!isApiError(error, 'Invalid')) throw error;
    return error.message;
  }
}

describe('the schema of a TelemetryStack', () => {
  it('takes each field at its least, its most and each of its values', async () => {
    const valid = CASES.filter(({ valid }) => valid);
    expect(valid.length).toBeGreaterThan(70);
    const wrong: string[] = [];
    for (const { about, spec } of valid) {
      const message = await refusal(spec);
      if (message !== '') wrong.push(`${about}: ${message}`);
    }
    expect(wrong).toEqual([]);
  });

  it('refuses each field below its least, above its most, empty or of another form, and names it', async () => {
    const invalid = CASES.filter(({ valid }) => !valid);
    expect(invalid.length).toBeGreaterThan(300);
    const wrong: string[] = [];
    for (const { about, path, spec } of invalid) {
      const message = await refusal(spec);
      if (message === '' || !message.includes(path)) wrong.push(`${about}: ${message || 'taken'}`);
    }
    expect(wrong).toEqual([]);
  });

  it('refuses what `cdk8s synth` refuses, in the same words, for any of these specs together', async () => {
    const messages = [...new Set(ruleMessages())];
    const specs = [...REFUSED_SPECS.map(([, spec]) => spec), ...Object.values(STACK_INPUTS)];
    const together = fc.array(fc.constantFrom(...specs), { minLength: 2, maxLength: 4 }).map((some) => some.reduce(mergePatch, {}));
    await fc.assert(
      fc.asyncProperty(together, async (spec) => {
        const said = await refusal(spec);
        const broken = ruleViolations(stackSpecSchema(), spec).map(({ message }) => message);
        expect(messages.filter((message) => said.includes(message))).toEqual(messages.filter((message) => broken.includes(message)));
        expect(said === '').toBe(broken.length === 0);
      }),
      { numRuns: 200 },
    );
  });

  it.each(REFUSED_SPECS)('says what to write: %s', async (_, spec, words) => {
    expect(await refusal(spec)).toContain(words);
  });
});

describe('a quantity', () => {
  it('in canonical form comes back from the API server as it is, and in any other form as the same amount', async () => {
    const given = fc.sample(quantityText, 500);
    const written = given.map((text) => {
      const quantity = parseQuantity(text);
      return quantity === undefined ? text : canonicalQuantity(quantity);
    });
    expect(await storedSizeLimits(written)).toEqual(written);
    const amounts = (texts: readonly string[]) => texts.map((text, index) => `${given[index]}: ${parseQuantity(text)?.nano}`);
    expect(amounts(await storedSizeLimits(given))).toEqual(amounts(given));
  });
});

/** What the API server makes of quantities; `emptyDir.sizeLimit` takes every amount, where `resources` rounds up to 1m. */
async function storedSizeLimits(texts: readonly string[]): Promise<readonly string[]> {
  const type = await api.resourceType('apps/v1', 'Deployment');
  const labels = { app: 'quantities' };
  const volumes = texts.map((sizeLimit, index) => ({ name: `v${index}`, emptyDir: { sizeLimit } }));
  const deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'quantities', namespace: 'default' },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'app' }], volumes } },
    },
  };
  const stored = (await api.create(type, deployment, { dryRun: 'All' })) as unknown as typeof deployment;
  return stored.spec.template.spec.volumes.map(({ emptyDir }) => emptyDir.sizeLimit);
}
