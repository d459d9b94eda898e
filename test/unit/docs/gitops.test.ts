import { describe, expect, it } from '@jest/globals';
import { markedTables } from '../../support/assertions/marked-tables.ts';
import { CHANGES } from '../../support/gitops/changes.ts';
import { DELIVERIES } from '../../support/gitops/deliveries.ts';

const FILE = new URL('../../../docs/gitops.md', import.meta.url);

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly string[]): string =>
  [row(...head), `|${head.map(() => '---|').join('')}`, ...rows].join('\n');

const TABLES: Readonly<Record<string, string>> = {
  tools: table(
    ['tool', 'run as', 'keeps `kubectl annotate`', 'to know'],
    DELIVERIES.map(({ title, by, note, keepsKubectlAnnotations }) => row(title, by, keepsKubectlAnnotations ? 'yes' : 'no', note)),
  ),
  changes: table(
    ['the owner', 'rollouts of theirs', 'of ours, and on the way back', 'what comes of it'],
    CHANGES.map(({ does, theirs, ours, outcome }) => row(does, theirs, `${ours[0]}, ${ours[1]}`, outcome)),
  ),
};

describe('docs/gitops.md', () => {
  it('has the tables that the GitOps tests go by', () => {
    const { text, wanted } = markedTables(FILE, TABLES);
    expect(text).toBe(wanted);
    expect(wanted).toContain(DELIVERIES[0]?.note);
  });
});
