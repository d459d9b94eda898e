import { binary } from '../build/binary.ts';
import { run } from '../lib/run.ts';
import type { Finding } from './finding.ts';

/** The grade of a check that found nothing. */
const ALL_OK = 10;

interface Scored {
  /** `StatefulSet/apps/v1/<namespace>/<name>`. */
  readonly object_name: string;
  readonly checks: readonly {
    readonly check: { readonly id: string };
    readonly grade: number;
    readonly skipped: boolean;
    readonly comments: readonly { readonly path: string; readonly summary: string }[] | null;
  }[];
}

/** What kube-score holds against the manifests of these files: warnings too, and what an annotation asks it to overlook. */
export async function kubeScore(files: readonly string[]): Promise<readonly Finding[]> {
  const args = ['score', '--output-format', 'json', '--kubernetes-version', 'v1.36', '--disable-ignore-checks-annotations', ...files];
  const { stdout, stderr } = await run(await binary('kube-score'), args, { timeoutMs: 120_000 });
  // It ends with 1 when it has found something, and with 1 when it could not read a file.
  if (!stdout.startsWith('[')) throw new Error(`kube-score: ${stderr || stdout}`);
  return (JSON.parse(stdout) as readonly Scored[]).flatMap(({ object_name: object, checks }) => {
    const parts = object.split('/');
    return checks
      .filter(({ grade, skipped }) => !skipped && grade < ALL_OK)
      .map(
        ({ check, comments }): Finding => ({
          checker: 'kube-score',
          check: check.id,
          object: `${parts[0]}/${parts.at(-1)}`,
          found: (comments ?? []).map(({ summary }) => summary).join('; '),
        }),
      );
  });
}
