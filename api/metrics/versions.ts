/** The two SDKs of OpenLIT, and where a reader can check this: the repository's tags, and the files at each tag. */
export const OPENLIT_SDKS = {
  python: {
    tag: 'py-',
    instruments: 'sdk/python/src/openlit/otel/metrics.py',
    labels: 'sdk/python/src/openlit/__helpers.py and openlit/instrumentation/{openai,chroma}/',
    newest: '1.45.0',
  },
  typescript: {
    tag: 'ts-',
    instruments: 'sdk/typescript/src/otel/metrics.ts',
    labels: 'sdk/typescript/src/instrumentation/base-wrapper.ts and instrumentation/pg/wrapper.ts',
    newest: '1.15.0',
  },
} as const;
export type OpenLitSdk = keyof typeof OPENLIT_SDKS;

/** Versions with both ends included; no end: still so in the newest one. */
export interface VersionRange {
  readonly since: string;
  readonly until?: string;
}

/** Negative, zero or positive, as `a` is older than, the same as or newer than `b`. Both are `x.y.z`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split('.').map(Number));
  const difference = (left ?? []).map((part, index) => part - (right?.[index] ?? 0)).find((one) => one !== 0);
  return difference ?? 0;
}

export function inRange(version: string, { since, until }: VersionRange): boolean {
  return compareVersions(version, since) >= 0 && (until === undefined || compareVersions(version, until) <= 0);
}
