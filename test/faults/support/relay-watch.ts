import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, StreamStep, WatchLine } from './fault.ts';

type StreamFault = Extract<Fault, { readonly do: 'stream' }>;

/** Passes a watch on line by line, changed by `fault`, until either side ends it. */
export async function relayWatch(
  source: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  fault: StreamFault,
  reset: () => void,
): Promise<void> {
  const timer = fault.endAfter === undefined ? undefined : setTimeout(() => response.end(), fault.endAfter);
  const pending: WatchLine[] = [];
  let flush: NodeJS.Timeout | undefined;
  response.flushHeaders();
  try {
    if (!(await take(fault.start ?? []))) return;
    let index = 0;
    for await (const text of lines(source)) {
      if (response.writableEnded || response.destroyed) return;
      const line = readLine(text, index);
      index += 1;
      if (fault.batch !== undefined) {
        keepBack(line, fault.batch);
        continue;
      }
      const steps = fault.line === undefined ? [text] : fault.line(line);
      if (!(await take(steps))) return;
    }
    response.end();
  } catch {
    // The client went away, or the API server did: the other side is told by the end of its connection.
    response.destroy();
  } finally {
    clearTimeout(timer);
    clearTimeout(flush);
  }

  function keepBack(line: WatchLine, { ms, edit }: NonNullable<StreamFault['batch']>): void {
    pending.push(line);
    flush ??= setTimeout(() => {
      flush = undefined;
      if (!response.writableEnded && !response.destroyed) for (const text of edit(pending.splice(0))) response.write(text);
    }, ms);
  }

  /** false when the stream is over. */
  async function take(steps: readonly StreamStep[]): Promise<boolean> {
    for (const step of steps) {
      if (typeof step === 'string' || Buffer.isBuffer(step)) response.write(step);
      else if ('wait' in step) await sleep(step.wait);
      else if ('end' in step) {
        response.end();
        return false;
      } else if ('reset' in step) {
        // What was written before is on its way first.
        await sleep(20);
        reset();
        return false;
      } else {
        await new Promise((resolve) => response.once('close', resolve));
        return false;
      }
    }
    return true;
  }
}

async function* lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) yield `${part}\n`;
  }
}

function readLine(text: string, index: number): WatchLine {
  const event = JSON.parse(text) as {
    type: string;
    object?: { kind?: string; metadata?: { name?: string; namespace?: string; resourceVersion?: string } };
  };
  const { name = '', namespace = '', resourceVersion = '' } = event.object?.metadata ?? {};
  return { text, type: event.type, kind: event.object?.kind ?? '', name, namespace, resourceVersion, index };
}
