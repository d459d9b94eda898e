/**
 * An SDK that never gives up, as a program: `span-sender-process.ts <url of a collector> <service> <spans> <spans a second>`.
 * Sends OTLP/JSON traces of 50 spans and, with each, a cumulative counter; what is not answered by 200 is sent again, as SDKs do.
 * Ends when all is accepted, and writes one JSON line: `{"accepted": 4000, "retries": 7}`. Exit code 1 when that
 * takes four minutes more than it should.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { metricsRequest, tracesRequest } from '../telemetry/otlp.ts';

const SPANS_IN_A_TRACE = 50;
const GRACE_MS = 240_000;

const [url = '', service = '', total = '0', perSecond = '1'] = process.argv.slice(2);
const traces = Number(total) / SPANS_IN_A_TRACE;
const end = Date.now() + (Number(total) / Number(perSecond)) * 1000 + GRACE_MS;
let accepted = 0;
let retries = 0;

async function post(path: string, body: object): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    if (Date.now() > end) throw new Error(`${path} was not accepted in time; ${accepted} spans were`);
    try {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(`${url}${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(5_000),
      });
      await response.arrayBuffer();
      if (response.status === 200) return;
    } catch {
      // Refused, cut or silent: to be sent again, whatever became of it.
    }
    retries += 1;
    await sleep(Math.min(2_000, 100 * 2 ** attempt));
  }
}

async function sendTrace(number: number): Promise<void> {
  const traceId = randomBytes(16).toString('hex');
  const spans = Array.from({ length: SPANS_IN_A_TRACE }, (_, index) => ({
    name: `step ${index}`,
    traceId,
    spanId: randomBytes(8).toString('hex'),
  }));
  await post('/v1/traces', tracesRequest({ 'service.name': service }, 'durability', spans));
  accepted += spans.length;
  const points = [{ value: (number + 1) * SPANS_IN_A_TRACE }];
  await post(
    '/v1/metrics',
    metricsRequest({ 'service.name': service }, 'durability', [{ name: 'durability.sent', kind: 'counter', unit: '1', points }]),
  );
}

for (let number = 0; number < traces; number++) {
  const next = Date.now() + (SPANS_IN_A_TRACE / Number(perSecond)) * 1000;
  await sendTrace(number);
  await sleep(Math.max(0, next - Date.now()));
}
process.stdout.write(`${JSON.stringify({ accepted, retries })}\n`);
