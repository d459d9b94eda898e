import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';
import { createAuthority } from '../../../tools/cluster/certificates.ts';
import { type StackProcesses, startStackProcesses } from '../../support/processes/stack-processes.ts';
import { vendor as makeVendor, type Vendor } from '../../support/processes/vendor.ts';
import { parseExposition, select, total } from '../../support/telemetry/exposition.ts';
import { jaegerSpans } from '../../support/telemetry/jaeger-spans.ts';
import { logsRequest, metricsRequest, tracesRequest } from '../../support/telemetry/otlp.ts';
import { promQuery } from '../../support/telemetry/prom-query.ts';
import { eventually } from '../../support/time/eventually.ts';

/** The binaries may have to be built first. */
const LIMIT_MS = 45 * 60_000;
const TOKEN = 'token-of-the-vendor';
/** Of a span's attribute, as long as the collector lets one be: 60 of them are more than the vendor's queue holds. */
const LONG = 'x'.repeat(32_768);

const folder = mkdtempSync(join(tmpdir(), 'duotel-vendor-'));
const authority = await createAuthority('CA of the vendor');
let vendor: Vendor;
let stack: StackProcesses;

/** A span a name, each in a request of its own, as many senders would. */
async function sendSpans(service: string, names: readonly string[], text = ''): Promise<void> {
  for (const name of names) {
    const id = Buffer.from(name.padStart(8, '0').slice(-8)).toString('hex');
    const span = { name, traceId: id.padStart(32, 'a'), spanId: id, attributes: { 'input.value': text } };
    await stack.send('traces', tracesRequest({ 'service.name': service }, 'app', [span]));
  }
}

/** Names of the spans of a service that Jaeger has. */
const stored = async (service: string): Promise<readonly string[]> =>
  (await jaegerSpans(stack.url.jaeger, service)).map(({ operationName }) => operationName);

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, index) => `${name}${String(index).padStart(4, '0')}`);
const distinct = (names: readonly string[], prefix: string) => [...new Set(names.filter((name) => name.startsWith(prefix)))].sort();
/** Whether Jaeger and the vendor have all of these, which start with `prefix`. @throws where one of them is missing. */
const everywhere = (service: string, prefix: string, names: readonly string[]) => async () => {
  expect(distinct(await stored(service), prefix)).toEqual(names);
  expect(distinct(vendor.spans(), prefix)).toEqual(names);
  return true;
};

/** Bytes of spans in the queue of the vendor. */
async function queued(): Promise<number> {
  const samples = parseExposition(await (await fetch(stack.url.selfMetrics)).text());
  return total(select(samples, 'otelcol_exporter_queue_size', { exporter: 'otlp_http/extra-vendor', data_type: 'traces' }));
}

function statusWithoutToken(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(`${url}/v1/traces`, { method: 'POST', ca: authority.certificate }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

beforeAll(async () => {
  vendor = await makeVendor(join(folder, 'vendor'), authority, TOKEN);
  const common = {
    caSecret: { name: 'vendor', key: 'ca.crt' },
    headers: [{ name: 'Authorization', secretKeyRef: { name: 'vendor', key: 'authorization' } }],
    queueSize: '1Mi',
  };
  const exporters = [
    { ...common, name: 'vendor', endpoint: vendor.http, signals: ['traces', 'logs'] },
    { ...common, name: 'vendor-grpc', protocol: 'grpc', endpoint: vendor.grpc, signals: ['metrics'] },
  ];
  const secrets = { vendor: { authorization: `Bearer ${TOKEN}`, 'ca.crt': authority.certificate } };
  await vendor.start();
  stack = await startStackProcesses({ collector: { exporters } } as unknown as TelemetryStackSpec, { secrets });
}, LIMIT_MS);

afterAll(async () => {
  await stack?.stop();
  await vendor?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a vendor that asks for TLS and a token, beside the stores of the stack', () => {
  it('refuses who has no token', async () => {
    expect(await statusWithoutToken(vendor.http)).toBe(401);
  });

  it('gets traces and logs over HTTP and metrics over gRPC, those made from spans too, and ours get them as without it', async () => {
    const names = numbered('first', 5);
    await sendSpans('shop', names);
    const orders = [{ name: 'shop.orders', kind: 'counter', unit: '1', points: [{ value: 7 }] }] as const;
    await stack.send('metrics', metricsRequest({ 'service.name': 'shop' }, 'app', orders));
    await stack.send('logs', logsRequest({ 'service.name': 'shop' }, 'app', ['order placed']));
    await eventually('the spans at both', everywhere('shop', 'first', names));
    await eventually('the metrics at the vendor', async () => ['shop.orders', 'calls'].every((name) => vendor.metrics().includes(name)));
    await eventually('the log record at the vendor', async () => vendor.logs().includes('order placed'));
    const ours = await eventually('the metric in Prometheus', async () => (await promQuery(stack.url.prometheus, 'shop_orders_total'))[0]);
    expect(ours.value[1]).toBe('7');
  });

  it('misses nothing that was sent while it was away, although the collector was killed meanwhile', async () => {
    await vendor.stop();
    const names = numbered('away', 40);
    await sendSpans('shop', names.slice(0, 1));
    const one = await eventually("the first span in the vendor's queue", async () => (await queued()) || undefined);
    await sendSpans('shop', names.slice(1, 20));
    // What is on its way there may die with the collector (docs/adr/0032).
    await eventually("the first spans in the vendor's queue", async () => (await queued()) >= 20 * one);
    await eventually('the first spans in Jaeger', async () => distinct(await stored('shop'), 'away').length === 20);
    await stack.restart('collector');
    await sendSpans('shop', names.slice(20));
    await eventually('all spans in Jaeger', async () => distinct(await stored('shop'), 'away').length === names.length);
    expect(distinct(vendor.spans(), 'away')).toEqual([]);
    await vendor.start();
    await eventually('all spans at the vendor', everywhere('shop', 'away', names));
  });

  it('costs ours nothing when it is away for longer than its queue holds: nobody is told to send again, and no span is counted twice', async () => {
    await vendor.stop();
    const names = numbered('long', 60);
    // Throws where the collector does not answer with 200.
    await sendSpans('patient', names, LONG);
    await eventually('all spans in Jaeger', async () => distinct(await stored('patient'), 'long').length === names.length);
    const lost = async () => {
      const samples = parseExposition(await (await fetch(stack.url.selfMetrics)).text());
      expect(total(select(samples, 'otelcol_receiver_refused_spans'))).toBe(0);
      return total(select(samples, 'otelcol_exporter_enqueue_failed_spans', { exporter: 'otlp_http/extra-vendor' }));
    };
    await eventually('the collector to count what the vendor loses', async () => (await lost()) > 0);
    await eventually(
      'all spans to be counted',
      async () => Number((await promQuery(stack.url.prometheus, 'sum(calls_total{service_name="patient"})'))[0]?.value[1]) === names.length,
    );
    await vendor.start();
    // It loses them one after the other: what it had not lost yet is counted when it has.
    await eventually(
      'what the queue held at the vendor',
      async () => distinct(vendor.spans(), 'long').length === names.length - (await lost()),
    );
    await sendSpans('patient', ['after']);
    await eventually('what comes after at the vendor', async () => vendor.spans().includes('after'));
  });
});
