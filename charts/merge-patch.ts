import { isFields } from '../api/fields.ts';

/** A JSON merge patch (RFC 7386): null removes a key, an object is merged, anything else replaces. Neither argument is changed. */
export function mergePatch(target: object, patch: object | undefined): object {
  if (patch === undefined) return target;
  const result: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    const before = result[key];
    if (value === null) delete result[key];
    else if (isFields(value)) result[key] = mergePatch(isFields(before) ? before : {}, value);
    else result[key] = value;
  }
  return result;
}
