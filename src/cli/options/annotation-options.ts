import { type Command, Option } from 'commander';
import { ANNOTATION, BACKENDS } from '../../../api/annotations.ts';
import { bootstrapValues } from '../../../api/runtimes/choice.ts';
import type { Runtime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';

/** One option for each annotation that people set. The command assumes the given ones, or writes them, on the chosen workloads. */
export interface AnnotationOptions {
  readonly backend?: string;
  readonly bootstrap?: string;
  readonly containers?: string;
  readonly serviceName?: string;
  readonly stack?: string;
  readonly captureContent?: string;
}

const BY_OPTION = {
  backend: ANNOTATION.backend,
  bootstrap: ANNOTATION.bootstrap,
  containers: ANNOTATION.containers,
  serviceName: ANNOTATION.serviceName,
  stack: ANNOTATION.stack,
  captureContent: ANNOTATION.captureContent,
} as const satisfies Readonly<Record<keyof AnnotationOptions, string>>;

/**
 * @param prefix `--` or `--set-`, as the command sets an annotation or assumes it.
 * @param runtimes the languages that can be asked for. Default: those of this release.
 */
export function addAnnotationOptions(command: Command, prefix: '' | 'set-', runtimes: readonly Runtime[] = RUNTIMES): Command {
  const option = (name: string, value: string, annotation: string) => new Option(`--${prefix}${name} <${value}>`, annotation);
  return command
    .addOption(option('backend', 'mode', ANNOTATION.backend).choices(BACKENDS))
    .addOption(option('bootstrap', 'language', ANNOTATION.bootstrap).choices(bootstrapValues(runtimes)))
    .addOption(option('containers', 'names', `${ANNOTATION.containers}: names separated by commas, or *`))
    .addOption(option('service-name', 'text', ANNOTATION.serviceName))
    .addOption(option('stack', 'name', `${ANNOTATION.stack}: [namespace/]name`))
    .addOption(option('capture-content', 'boolean', ANNOTATION.captureContent).choices(['true', 'false']));
}

/** The annotations that the options give, by their names. `options` as commander calls them: `backend`, or `setBackend` with the prefix. */
export function annotationsOf(options: Readonly<Record<string, unknown>>, prefix: '' | 'set-'): Readonly<Record<string, string>> {
  const entries = Object.entries(BY_OPTION).flatMap(([name, annotation]) => {
    const value = options[prefix === '' ? name : `set${name[0]?.toUpperCase()}${name.slice(1)}`];
    return typeof value === 'string' ? [[annotation, value] as const] : [];
  });
  return Object.fromEntries(entries);
}
