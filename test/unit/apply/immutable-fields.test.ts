import { describe, expect, it } from '@jest/globals';
import { isImmutableError } from '../../../src/apply/immutable.ts';
import { KubeApiError } from '../../../src/kube/kube-api.ts';

describe('an error', () => {
  const error = (causes: readonly object[], message = 'invalid', status = 422, reason = 'Invalid'): KubeApiError =>
    new KubeApiError(message, { status, reason, message, causes });
  const immutable = { field: 'spec.x', reason: 'FieldValueInvalid', message: 'Invalid value: "a": field is immutable' };

  it('is of an immutable field only when each of its causes says so', () => {
    expect(isImmutableError(error([immutable]))).toBe(true);
    expect(isImmutableError(error([immutable, { field: 'spec.y', reason: 'FieldValueInvalid', message: 'must be positive' }]))).toBe(false);
    expect(isImmutableError(error([]))).toBe(false);
    expect(isImmutableError(error([{ message: 'field is immutable' }]))).toBe(false);
    expect(isImmutableError(error([immutable], 'admission webhook "x" denied the request: field is immutable'))).toBe(false);
    expect(isImmutableError(error([immutable], 'conflict', 409, 'Conflict'))).toBe(false);
  });
});
