import { describe, expect, it } from '@jest/globals';
import { type ApiErrorBody, KubeApiError } from '../../../src/kube/kube-api.ts';
import { refusalText, withoutEchoes } from '../../../src/kube/refusal.ts';

const refused = (message: string, parts: Partial<ApiErrorBody> = {}): ApiErrorBody => ({
  status: 403,
  reason: 'Forbidden',
  message,
  causes: [],
  ...parts,
});
const SECRET = 's3cret';

describe('a refusal of the API server', () => {
  it.each([
    [
      'webhook',
      `admission webhook "policy.example.com" denied the request: env is ${SECRET}`,
      /^admission webhook "policy\.example\.com" denied/,
    ],
    [
      'policy',
      `deployments.apps "a" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ${SECRET}`,
      /^ValidatingAdmissionPolicy "p" \(binding "b"\) denied the change/,
    ],
    ['unknown', `${SECRET} is not liked here`, /^the API server answered 403 Forbidden; its own words are left out/],
    [
      'rights that end in a secret',
      `deployments.apps "a" is forbidden: User "u" cannot patch resource "deployments" in API group "apps": ${SECRET}`,
      /^the API server answered/,
    ],
  ])('by %s names who refused, and repeats nothing', (_, message, expected) => {
    expect(refusalText(refused(message))).toMatch(expected);
    expect(refusalText(refused(message))).not.toContain(SECRET);
  });

  it('by validation names the field and not its value', () => {
    const causes = [
      { field: 'spec.template.spec.containers[0].env[1].value', message: `Invalid value: "${SECRET}"`, reason: 'FieldValueInvalid' },
      { field: `metadata.annotations[${SECRET}]`, message: 'no' },
    ];
    const text = refusalText(refused(`Deployment is invalid: Invalid value: "${SECRET}"`, { status: 422, reason: 'Invalid', causes }));
    expect(text).toMatch(/^the API server answered 422 Invalid, field spec\.template\.spec\.containers\[0\]\.env\[1\]\.value;/);
    expect(text).not.toContain(SECRET);
  });

  it('for missing rights is said in full', () => {
    const message =
      'deployments.apps "a" is forbidden: User "system:serviceaccount:duotel:x" cannot patch resource "deployments" in API group "apps" in the namespace "shop"';
    expect(refusalText(refused(message))).toBe(message);
  });

  it('as an error keeps its kind and its number, and none of its words', () => {
    const error = withoutEchoes(new KubeApiError(`patch: ${SECRET}`, refused(SECRET, { retryAfter: 2 })), 'patch Deployment/shop/a');
    expect(error).toMatchObject({
      message: expect.stringMatching(/^patch Deployment\/shop\/a: Forbidden: /),
      body: { status: 403, retryAfter: 2 },
    });
    expect(JSON.stringify([String(error), (error as KubeApiError).body])).not.toContain(SECRET);
  });
});
