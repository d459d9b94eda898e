import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { parse } from 'yaml';
import { CHECKERS, type Checker, type Finding } from './finding.ts';

/** Findings that stay, and why. */
export interface Exception {
  readonly checker: Checker;
  readonly check: string;
  /** Each `Kind/name`; every one of them must have the finding. */
  readonly objects: readonly string[];
  /** A sentence for whoever asks why. */
  readonly reason: string;
}

export interface Judgement {
  /** Findings without a written reason. */
  readonly unexplained: readonly Finding[];
  /** `checker check object` of written reasons that nothing needs any more. */
  readonly stale: readonly string[];
}

export const EXCEPTIONS_FILE = 'tools/checks/exceptions.yaml';

const SCHEMA = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['checker', 'check', 'objects', 'reason'],
    properties: {
      checker: { enum: CHECKERS },
      check: { type: 'string', minLength: 1 },
      objects: { type: 'array', minItems: 1, uniqueItems: true, items: { type: 'string', pattern: '^[A-Za-z]+/[a-z0-9.-]+$' } },
      reason: { type: 'string', minLength: 20 },
    },
  },
};

/** Reads the written reasons. @throws Error that names the file and the field. */
export function loadExceptions(): readonly Exception[] {
  return parseExceptions(readFileSync(join(import.meta.dirname, 'exceptions.yaml'), 'utf8'));
}

/** @throws Error that names {@link EXCEPTIONS_FILE} and each wrong field. */
export function parseExceptions(text: string): readonly Exception[] {
  const value: unknown = parse(text);
  const ajv = new Ajv({ allErrors: true });
  if (!ajv.validate(SCHEMA, value)) throw new Error(`${EXCEPTIONS_FILE}: ${ajv.errorsText(ajv.errors, { dataVar: 'file' })}`);
  return value as readonly Exception[];
}

/** Compares what was found, under all settings together, with what there are reasons for. */
export function judge(findings: readonly Finding[], exceptions: readonly Exception[]): Judgement {
  const key = ({ checker, check, object }: Pick<Finding, 'checker' | 'check' | 'object'>): string => `${checker} ${check} ${object}`;
  const reasons = new Set(exceptions.flatMap(({ objects, ...rest }) => objects.map((object) => key({ ...rest, object }))));
  const found = new Set(findings.map(key));
  return {
    unexplained: findings.filter((finding) => !reasons.has(key(finding))),
    stale: [...reasons].filter((reason) => !found.has(reason)),
  };
}
