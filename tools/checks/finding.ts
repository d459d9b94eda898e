/** Who found it: a program, or the rules of `rules.ts`. */
export const CHECKERS = ['kube-score', 'kubeconform', 'checkov', 'rules'] as const;
export type Checker = (typeof CHECKERS)[number];

/** One thing that a checker holds against one object of the manifests. */
export interface Finding {
  readonly checker: Checker;
  /** The checker's own name of its check. */
  readonly check: string;
  /** `Kind/name`. */
  readonly object: string;
  /** What was found, in the checker's words. */
  readonly found: string;
}
