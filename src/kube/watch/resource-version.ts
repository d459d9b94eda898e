/**
 * true when `a` is an older resource version than `b`. Versions of one kind are ordered integers (guaranteed since Kubernetes 1.35,
 * KEP-5504, and true in practice before). If they are not numbers, or one is not known, nothing counts as older.
 */
export function versionBefore(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || !/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}
