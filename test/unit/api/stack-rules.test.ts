import { describe, expect, it } from '@jest/globals';
import type { Schema } from '../../../api/schema.ts';
import { ruleViolations } from '../../../api/stack-rules.ts';

const ruled = (rule: string, rest: object = {}): Schema =>
  ({ type: 'object', 'x-kubernetes-validations': [{ rule, message: 'no' }], ...rest }) as Schema;

describe('a rule of a CRD', () => {
  it('is broken or kept by the value with its defaults', () => {
    const schema = ruled('self.most >= self.least', { properties: { least: { type: 'integer', default: 2 }, most: { type: 'integer' } } });
    expect(ruleViolations(schema, { most: 1 })).toEqual([{ path: '', message: 'no' }]);
    expect(ruleViolations(schema, { most: 2 })).toEqual([]);
  });

  it('is looked at in each field, item and value of a map', () => {
    const part = ruled('has(self.a)');
    const schema: Schema & { additionalProperties: Schema } = {
      type: 'object',
      properties: { list: { type: 'array', items: part }, one: part },
      additionalProperties: part,
    };
    const paths = ruleViolations(schema, { list: [{ a: 1 }, {}], one: {}, other: {} }).map(({ path }) => path);
    expect(paths).toEqual(['list.1', 'one', 'other']);
  });

  it.each([
    "isURL(self.a) && url(self.a).getScheme() == 'https'",
    "quantity(self.a).isLessThan(quantity('1Gi'))",
    'self.a == oldSelf.a',
    'self.b == 1',
  ])('ends in an error that says so where only the API server can tell: %s', (rule) => {
    expect(() => ruleViolations(ruled(rule), { a: 'x' })).toThrow(`the rule "${rule}" cannot be evaluated`);
  });
});
