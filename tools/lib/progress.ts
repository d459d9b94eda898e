/** Where progress goes: standard error, so that standard output stays data. */
export interface ProgressSink {
  readonly isTty: boolean;
  write(text: string): void;
}

const standardError: ProgressSink = { isTty: process.stderr.isTTY === true, write: (text) => void process.stderr.write(text) };

/** `850 ms`, `12.3 s`, `3m05s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, '0')}s`;
}

/**
 * Runs one step and says how it goes: the title at once, a sign of life while it lasts (each second on a terminal, each 20 s in a log),
 * and the time it took. `note` replaces the text after the title ("412 packages compiled").
 */
export async function step<T>(
  title: string,
  work: (note: (text: string) => void) => Promise<T>,
  sink: ProgressSink = standardError,
): Promise<T> {
  const started = performance.now();
  let detail = '';
  const elapsed = () => formatDuration(performance.now() - started);
  const line = () => `${title} ... ${elapsed()}${detail === '' ? '' : `, ${detail}`}`;
  if (!sink.isTty) sink.write(`${title} ...\n`);
  const timer = setInterval(() => sink.write(sink.isTty ? `\r\u001b[K${line()}` : `  still: ${line()}\n`), sink.isTty ? 1_000 : 20_000);
  timer.unref();
  try {
    const result = await work((text) => {
      detail = text;
    });
    sink.write(`${sink.isTty ? '\r\u001b[K' : ''}${title}: done in ${elapsed()}\n`);
    return result;
  } catch (error) {
    sink.write(`${sink.isTty ? '\r\u001b[K' : ''}${title}: failed after ${elapsed()}\n`);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

/** One line of progress without a duration. */
export function say(text: string, sink: ProgressSink = standardError): void {
  sink.write(`${text}\n`);
}
