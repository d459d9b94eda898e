import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { STABLE_METRICS } from '../../../api/metrics/stable-metrics.ts';
import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';
import { ensureBinaries } from '../../../tools/build/binary.ts';
import { createAuthority } from '../../../tools/cluster/certificates.ts';
import { freePorts } from '../../../tools/cluster/free-ports.ts';
import { end, ready, start } from '../../support/processes/processes.ts';
import { type StackProcesses, startStackProcesses } from '../../support/processes/stack-processes.ts';
import type { Vector } from '../../support/telemetry/prom-query.ts';
import { roundsArrived, sendRound } from '../../support/telemetry/traffic.ts';
import { traceId } from '../../support/telemetry/workloads.ts';
import { eventually } from '../../support/time/eventually.ts';

/** The binaries may have to be built first. */
const LIMIT_MS = 45 * 60_000;
const PASSWORD = 'password-of-the-store';
/** bcrypt of {@link PASSWORD}, at its lowest cost. */
const PASSWORD_HASH = '$2b$04$tC//sBsr.yfArAQDYITM7eAQhIg6Doe5TDgSC.fkiL2LWs3m6gG7K';
const TOKEN = 'token-of-vmauth';

const folder = mkdtempSync(join(tmpdir(), 'duotel-remote-'));
const authority = await createAuthority('CA of Thanos');
const children: Record<string, ChildProcess> = {};
/** What the header of the tenant held in each request. */
const tenants: (string | undefined)[] = [];
let gateway: Server;
let stack: StackProcesses;
let binaries: Readonly<Record<'prometheus' | 'victoria-metrics' | 'vmauth', string>>;

interface Store {
  /** Where samples are written to. */
  readonly url: string;
  /** Where PromQL is asked. */
  readonly query: string;
  readonly headers?: Readonly<Record<string, string>>;
}
let stores: Readonly<Record<'mimir' | 'thanos' | 'victoriametrics', Store>>;

const log = (name: string) => () => readFileSync(join(folder, `${name}.log`), 'utf8');
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** The one entry of remoteWrite on a page of docs/scale-out, with the address of a store of this machine. */
function entryOfPage(name: keyof typeof stores): object {
  const text = readFileSync(join(import.meta.dirname, `../../../docs/scale-out/${name}.md`), 'utf8');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(text) ?? [];
  const [entry] = (parse(yaml) as { prometheus: { remoteWrite: object[] } }).prometheus.remoteWrite;
  return { ...entry, url: stores[name].url };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { headers, ca: authority.certificate };
    (url.startsWith('https:') ? httpsRequest : httpRequest)(url, options, (response) => {
      let body = '';
      response.on('data', (data: Buffer) => (body += data));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .on('error', reject)
      .end();
  });
}

async function ask({ query, headers }: Store, expr: string): Promise<readonly Vector[]> {
  const { status, body } = await get(`${query}/api/v1/query?query=${encodeURIComponent(expr)}`, headers);
  if (status !== 200) throw new Error(`${query}: ${status} ${body}`);
  return (JSON.parse(body) as { data: { result: Vector[] } }).data.result;
}

/** The sum of every stable name, at a store. */
async function stableSums(store: Store): Promise<Readonly<Record<string, number | undefined>>> {
  const sums = STABLE_METRICS.map(async ({ name }) => {
    const [only] = await ask(store, `sum(${name})`);
    // Who adds in another order has another last digit.
    return [name, only === undefined ? undefined : Number(Number(only.value[1]).toPrecision(9))] as const;
  });
  return Object.fromEntries(await Promise.all(sums));
}

/** A second Prometheus that takes remote write and asks for what `web` says. */
async function startReceiver(name: string, port: number, web: object): Promise<void> {
  const args = [
    `--config.file=${file(`${name}.yml`, '{}')}`,
    `--web.config.file=${file(`${name}-web.yml`, stringify(web))}`,
    `--web.listen-address=127.0.0.1:${port}`,
    `--storage.tsdb.path=${folder}/${name}`,
    '--web.enable-remote-write-receiver',
    '--enable-feature=exemplar-storage',
  ];
  const child = start(binaries.prometheus, args, join(folder, `${name}.log`));
  children[name] = child;
  await eventually(`${name} to listen`, async () => log(name)().includes('Server is ready to receive web requests'));
}

/** In front of the first receiver, as Mimir's own gateway is: refuses who names no tenant. */
function startGateway(to: number): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const tenant = incoming.headers['x-scope-orgid'];
    tenants.push(tenant?.toString());
    if (tenant === undefined) {
      outgoing.writeHead(401).end('no org id');
      return;
    }
    const { url: path, method, headers } = incoming;
    const onward = httpRequest({ host: '127.0.0.1', port: to, path, method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    onward.on('error', () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

async function startVictoriaMetrics(port: number, authPort: number): Promise<void> {
  const at = `http://127.0.0.1:${port}`;
  const flags = [`-storageDataPath=${folder}/vm`, `-httpListenAddr=127.0.0.1:${port}`, '-search.latencyOffset=0s'];
  children['vm'] = start(binaries['victoria-metrics'], flags, join(folder, 'vm.log'));
  const users = { users: [{ bearer_token: TOKEN, url_prefix: at }] };
  const authFlags = [`-auth.config=${file('vmauth.yml', stringify(users))}`, `-httpListenAddr=127.0.0.1:${authPort}`];
  children['vmauth'] = start(binaries.vmauth, authFlags, join(folder, 'vmauth.log'));
  await ready(`${at}/health`, children['vm'], log('vm'));
  await ready(`http://127.0.0.1:${authPort}/health`, children['vmauth'], log('vmauth'));
}

beforeAll(async () => {
  binaries = await ensureBinaries(['prometheus', 'victoria-metrics', 'vmauth']);
  const [mimir = 0, thanos = 0, vm = 0, vmauth = 0] = await freePorts(4);
  const { certificate, key } = await authority.issue({ subject: { commonName: 'thanos' }, names: ['127.0.0.1'] });
  const tls = { tls_server_config: { cert_file: file('tls.crt', certificate), key_file: file('tls.key', key) } };
  gateway = await startGateway(mimir);
  const front = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const basic = `Basic ${Buffer.from(`duotel:${PASSWORD}`).toString('base64')}`;
  stores = {
    mimir: { url: `${front}/api/v1/write`, query: `http://127.0.0.1:${mimir}`, headers: { authorization: basic } },
    thanos: { url: `https://127.0.0.1:${thanos}/api/v1/write`, query: `https://127.0.0.1:${thanos}` },
    victoriametrics: {
      url: `http://127.0.0.1:${vmauth}/api/v1/write`,
      query: `http://127.0.0.1:${vmauth}`,
      headers: { authorization: `Bearer ${TOKEN}` },
    },
  };
  mkdirSync(join(folder, 'vm'));
  await startReceiver('mimir', mimir, { basic_auth_users: { duotel: PASSWORD_HASH } });
  await startReceiver('thanos', thanos, tls);
  await startVictoriaMetrics(vm, vmauth);
  const remoteWrite = (['mimir', 'thanos', 'victoriametrics'] as const).map(entryOfPage);
  const secrets = {
    'mimir-credentials': { password: PASSWORD },
    'thanos-ca': { 'ca.crt': authority.certificate },
    vmauth: { token: TOKEN },
  };
  stack = await startStackProcesses({ prometheus: { remoteWrite } } as unknown as TelemetryStackSpec, { secrets });
  await sendRound(stack, 1);
  await roundsArrived(stack, 1);
}, LIMIT_MS);

afterAll(async () => {
  await stack?.stop();
  await Promise.all(Object.values(children).map(end));
  gateway?.close();
  gateway?.closeAllConnections();
  rmSync(folder, { recursive: true, force: true });
});

/** Waits until a store has all that our Prometheus has. */
async function sameAsOurs(name: keyof typeof stores): Promise<Readonly<Record<string, number | undefined>>> {
  return eventually(`the sums of our Prometheus at ${name}`, async () => {
    const [theirs, ours] = await Promise.all([stableSums(stores[name]), stableSums({ url: '', query: stack.url.prometheus })]);
    expect(theirs).toEqual(ours);
    return theirs;
  });
}

describe('the settings of docs/scale-out, with stores that ask for what the pages say', () => {
  it.each(['mimir', 'thanos', 'victoriametrics'] as const)('%s has every stable name, recorded ones too, with our values', async (name) => {
    const sums = await sameAsOurs(name);
    expect(Object.entries(sums).filter(([, sum]) => sum === undefined)).toEqual([]);
  });

  it('the stores refuse who has no credentials, and the tenant is in each request', async () => {
    expect((await get(`${stores.mimir.query}/api/v1/query?query=1`)).status).toBe(401);
    expect((await get(`${stores.victoriametrics.query}/api/v1/query?query=1`)).status).toBe(401);
    // Go answers 400 and closes; where that leaves a part of the request unread, the client sees a reset instead.
    const plainly = get(stores.thanos.query.replace('https:', 'http:'));
    expect([400, 'ECONNRESET', 'EPIPE']).toContain(
      await plainly.then(
        ({ status }) => status,
        ({ code }) => code,
      ),
    );
    await eventually('a request', async () => tenants.length > 0);
    expect([...new Set(tenants)]).toEqual(['llm']);
  });

  it('exemplars are copied: a figure of the other store leads to its trace too', async () => {
    const now = Date.now() / 1000;
    const query = new URLSearchParams({
      query: 'gen_ai_client_operation_duration_seconds_bucket',
      start: String(now - 600),
      end: String(now + 60),
    });
    const traces = await eventually('the exemplar', async () => {
      const { body } = await get(`${stores.thanos.query}/api/v1/query_exemplars?${query}`);
      const { data } = JSON.parse(body) as { data: { exemplars: { labels: Record<string, string> }[] }[] };
      const found = data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels['trace_id']));
      return found.includes(traceId(1)) && found;
    });
    expect(traces).toContain(traceId(1));
  });

  it('a store that was away has what came meanwhile once it is back, and the others did not wait for it', async () => {
    await end(children['thanos'] as ChildProcess);
    await sendRound(stack, 2);
    await roundsArrived(stack, 2);
    await sameAsOurs('mimir');
    await startReceiver(
      'thanos',
      Number(new URL(stores.thanos.url).port),
      parse(readFileSync(join(folder, 'thanos-web.yml'), 'utf8')) as object,
    );
    await sameAsOurs('thanos');
  });
});
