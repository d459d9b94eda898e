import { requestContext } from '../kube/request-context.ts';

export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Structured log: the message is a constant, what varies goes into fields. Never a value of a workload's environment. */
export interface Logger {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

/** One JSON object a line: `time` (RFC 3339), `level`, `message`, then the fields. */
export function jsonLogger(write: (line: string) => void, options: { readonly debug?: boolean } = {}): Logger {
  const at =
    (level: string) =>
    (message: string, fields: Fields = {}): void =>
      write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  return { debug: options.debug ? at('debug') : () => undefined, info: at('info'), warn: at('warn'), error: at('error') };
}

/** Puts on each line what the piece of work at hand is: `controller`, `key` and `reconcileID`. */
export function withContext(logger: Logger): Logger {
  const at =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields: Fields = {}): void =>
      logger[level](message, { ...requestContext()?.fields, ...fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
