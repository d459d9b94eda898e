import type { ExtendedVariable, RuntimeVariable } from '../../../api/runtimes/runtime.ts';
import type { EnvItem } from '../workload/pod-template.ts';

export function isExtended(variable: RuntimeVariable): variable is ExtendedVariable {
  return variable.kind !== 'set';
}

/** Whether an item of a container has our part in it. One whose text is not in the manifest can not be told to. */
export function hasOurPart(extended: ExtendedVariable, { value = '', valueFrom }: EnvItem): boolean {
  if (valueFrom !== undefined) return false;
  switch (extended.kind) {
    case 'path':
      return value
        .split(extended.separator)
        .map((folder) => folder.replace(/\/+$/, ''))
        .includes(extended.value);
    case 'options':
      return extended.recognised.test(value);
  }
}

/** What the user is to append to a value of theirs, as a sentence names it. */
export function appendix(extended: ExtendedVariable): string {
  switch (extended.kind) {
    case 'path':
      return `${extended.separator}${extended.value}`;
    case 'options':
      return `" ${extended.value}"`;
  }
}
