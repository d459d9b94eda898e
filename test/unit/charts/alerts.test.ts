import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { alerts } from '../../../charts/config/alerts.ts';
import { RULE_TEST_BUDGET, RULE_TESTS } from '../../support/telemetry/rule-tests.ts';

const RUNBOOKS = join(import.meta.dirname, '../../../docs/runbooks');
const NAMES = alerts({ monthlyCostBudget: RULE_TEST_BUDGET }).map(({ alert }) => alert);

describe.each(NAMES)('the alert %s', (name) => {
  it('has a page with meaning, impact, diagnosis and mitigation, in this order', () => {
    const headings = [...readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual([name, 'Meaning', 'Impact', 'Diagnosis', 'Mitigation']);
  });

  it('is shown by promtool to fire, and to stay silent where nothing is wrong', () => {
    const cases = RULE_TESTS.map((one) => one.name).filter((title) => title.split(' ').includes(name));
    expect(cases.some((title) => title === `raise ${name}`)).toBe(true);
    expect(cases.some((title) => title.startsWith(`raise no ${name} `))).toBe(true);
  });
});

describe('the runbooks', () => {
  it('have no page about an alert that there is not', () => {
    expect(readdirSync(RUNBOOKS).sort()).toEqual(NAMES.map((name) => `${name}.md`).sort());
  });
});

describe('without a budget', () => {
  it('there is no alert on cost', () => {
    expect(alerts().map(({ alert }) => alert)).not.toContain('DuotelCostBurnRate');
  });
});
