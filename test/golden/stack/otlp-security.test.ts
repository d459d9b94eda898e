import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';
import { decideWorkload } from '../../../src/inject/decision/decide-workload.ts';
import { injectionAssets } from '../../../src/inject/wishes/assets.ts';
import { injectionConfig } from '../../../src/inject/wishes/config.ts';
import { type PodSpec, podTemplate } from '../../../src/inject/workload/pod-template.ts';
import { createAuthority } from '../../../tools/cluster/certificates.ts';
import { freePorts } from '../../../tools/cluster/free-ports.ts';
import { run } from '../../../tools/lib/run.ts';
import { ensurePythonEnvironment } from '../../../tools/python/uv.ts';
import { inPod } from '../../support/processes/in-pod.ts';
import { LineProcess } from '../../support/processes/line-process.ts';
import { end, ready, start } from '../../support/processes/processes.ts';
import { type StackProcesses, startStackProcesses } from '../../support/processes/stack-processes.ts';
import { parseExposition, select, total } from '../../support/telemetry/exposition.ts';
import { jaegerSpans } from '../../support/telemetry/jaeger-spans.ts';
import { eventually } from '../../support/time/eventually.ts';
import { after, input, workload } from '../../support/workloads/injection.ts';
import { kubeletVariables } from '../../support/workloads/kubelet-variables.ts';
import { type Files, mountVolumes, type PodWithVolumes } from '../../support/workloads/mounted-volumes.ts';

/** The binaries may have to be built first. */
const LIMIT_MS = 45 * 60_000;
const ROOT = join(import.meta.dirname, '../../..');
const SERVICE = 'duotel-collector.duotel.svc';
const PROTOCOLS = ['http/protobuf', 'grpc'] as const;
type Protocol = (typeof PROTOCOLS)[number];
type Variables = Readonly<Record<string, string>>;

const authority = await createAuthority('CA of the collector');
const server = await authority.issue({ subject: { commonName: SERVICE }, names: [SERVICE] });
/** As `head -c 24 /dev/urandom | base64` writes them: with characters that a header's variable has a meaning for. */
const TOKEN = 'b3Rs+cDogdGhlIHRva2Vu/w==';
const SECRETS: Files = {
  'otlp-tls': { 'tls.crt': server.certificate, 'tls.key': server.key, 'ca.crt': authority.certificate },
  'otlp-token': { token: TOKEN },
};
const SPEC = {
  collector: { tls: { secretName: 'otlp-tls', ca: authority.certificate }, auth: { secretName: 'otlp-token' } },
} as unknown as TelemetryStackSpec;
/** What the exporters say where the collector refuses a token. */
const REFUSED = { 'http/protobuf': /401/, grpc: /UNAUTHENTICATED/ } as const;
/**
 * What they say where they speak without TLS to a server that wants it: Go's ends the connection, and of HTTP it may answer 400 first.
 * Which of these a client sees is decided by what is in the socket's buffers when the server closes it.
 */
const NO_HANDSHAKE = /reset|closed|broken|code: 400/i;
/** An exporter tries again until its time is up where there is no handshake; elsewhere the answer ends it, however long that takes. */
const [HANDSHAKE_S, ANSWER_S] = [6, 60];
const ADDRESS = loopbackAddress();

const folder = mkdtempSync(join(tmpdir(), 'duotel-otlp-'));
let python: string;
let api: string;
let model: ReturnType<typeof start>;
let stack: StackProcesses;

/** Any address of the loopback interface: another run on this machine has another one. */
function loopbackAddress(): string {
  return `127.${[1, 2, 3].map(() => 1 + Math.floor(Math.random() * 253)).join('.')}`;
}

/** What the operator makes of a workload of such a stack. */
function injectedPod(protocol: Protocol): { readonly name: string; readonly pod: PodSpec; readonly configMaps: Files } {
  const name = `over-${protocol.replace('/protobuf', '')}`;
  const spec = resolveStackSpec({ ...SPEC, injection: { protocol } } as unknown as TelemetryStackSpec);
  const config = injectionConfig({ name: 'duotel', namespace: 'duotel', spec }, injectionAssets());
  const before = workload({ name, annotations: { 'duotel.io/backend': 'both', 'duotel.io/bootstrap': 'python' } });
  const plan = decideWorkload(input(before, { stacks: [config] }));
  const pod = podTemplate(after(before, plan))?.spec;
  if (pod === undefined || !('needs' in plan)) throw new Error(`the plan for ${name} is ${plan.action}`);
  return { name, pod, configMaps: Object.fromEntries(plan.needs.map((one) => [one.metadata.name, one['data'] as Record<string, string>])) };
}

/** Its variables where the Secrets of the workload's namespace are these. */
function variables({ name, pod }: { readonly name: string; readonly pod: PodSpec }, secrets: Files): Variables {
  const fields = { 'metadata.name': `${name}-0`, 'metadata.uid': '7', 'spec.nodeName': 'node-1' };
  return kubeletVariables(pod.containers[0]?.env ?? [], { fields, secrets });
}

interface Sent {
  readonly name: string;
  readonly accepted: boolean;
  readonly said: string;
}

/** Lets Python's OTLP exporters send a span a case, with these variables and no other, where the injected pod's volumes are. */
async function sendSpans(cases: Readonly<Record<string, Variables>>, address: string): Promise<Readonly<Record<string, Sent>>> {
  const list = Object.entries(cases).map(([name, env]) => ({ name, env }));
  const view = { folder: join(folder, 'client'), files: join(folder, 'mounts'), hosts: { [SERVICE]: address } };
  const { program, args } = inPod(view, [python, '-B', join(import.meta.dirname, 'apps/otlp_client.py'), JSON.stringify(list)]);
  const { code, stdout, stderr } = await run(program, args, { timeoutMs: 300_000 });
  if (code !== 0) throw new Error(`the client ended with ${code}: ${stderr.slice(-3000)}`);
  return Object.fromEntries((JSON.parse(stdout) as Sent[]).map((sent) => [sent.name, sent]));
}

/** Names of the spans of a service that Jaeger has, one for each. */
const spanNames = async (service: string): Promise<readonly string[]> =>
  (await jaegerSpans(stack.url.jaeger, service)).map(({ operationName }) => operationName);

const without = (env: Variables, ...names: readonly string[]): Variables =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));
/** With so much time for the exporter in place of the two seconds after which an injected app is held up no longer. */
const within = (seconds: number, env: Variables): Variables => ({ ...env, OTEL_EXPORTER_OTLP_TIMEOUT: String(seconds) });

/** Spans that a collector has taken from its OTLP ports since its start. It counts them before it answers. */
async function taken({ url }: StackProcesses): Promise<number> {
  const samples = parseExposition(await (await fetch(url.selfMetrics)).text());
  return total(select(samples, 'otelcol_receiver_accepted_spans'));
}

beforeAll(async () => {
  const requirements = ['examples/rag-python/requirements.txt', 'test/golden/python/requirements.txt'];
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  python = await ensurePythonEnvironment(
    requirements.map((path) => readFileSync(join(ROOT, path), 'utf8')),
    say,
  );
  const { pod, configMaps } = injectedPod('http/protobuf');
  mountVolumes(pod as PodWithVolumes, join(folder, 'mounts'), { configMaps });
  mkdirSync(join(folder, 'mounts/duotel/test'));
  const stranger = await createAuthority('somebody else');
  const client = await authority.issue({ subject: { commonName: 'my-rag' } });
  for (const [name, text] of Object.entries({ 'other-ca.crt': stranger.certificate, 'tls.crt': client.certificate, 'tls.key': client.key }))
    writeFileSync(join(folder, 'mounts/duotel/test', name), text);
  stack = await startStackProcesses(SPEC, { secrets: SECRETS, otlpAddress: ADDRESS });
  const [port] = await freePorts(1);
  api = `http://127.0.0.1:${port}`;
  const log = join(folder, 'api.log');
  model = start(python, ['-B', join(ROOT, 'examples/fake-openai/server.py'), '--host', '127.0.0.1', '--port', String(port)], log);
  await ready(`${api}/healthz`, model, () => readFileSync(log, 'utf8'));
}, LIMIT_MS);

afterAll(async () => {
  if (model !== undefined) await end(model);
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(PROTOCOLS)('a collector with TLS and a token, over %s', (protocol) => {
  const injected = injectedPod(protocol);
  const env = variables(injected, SECRETS);

  it('takes what a client with the variables of the injection sends, and nothing from one that lacks a part of them', async () => {
    const cases: Readonly<Record<string, readonly [env: Variables, answer: RegExp, seconds?: number]>> = {
      injected: [env, /^$/],
      'a line end after the token': [variables(injected, { 'otlp-token': { token: `${TOKEN}\n` } }), /^$/],
      'no TLS': [
        { ...env, OTEL_EXPORTER_OTLP_ENDPOINT: env['OTEL_EXPORTER_OTLP_ENDPOINT']?.replace('https:', 'http:') ?? '' },
        NO_HANDSHAKE,
        HANDSHAKE_S,
      ],
      'another CA': [{ ...env, OTEL_EXPORTER_OTLP_CERTIFICATE: '/duotel/test/other-ca.crt' }, /CERTIFICATE_VERIFY_FAILED/, HANDSHAKE_S],
      'the CAs of the image': [without(env, 'OTEL_EXPORTER_OTLP_CERTIFICATE'), /CERTIFICATE_VERIFY_FAILED/, HANDSHAKE_S],
      'no token': [without(env, 'OTEL_EXPORTER_OTLP_HEADERS'), REFUSED[protocol]],
      'a wrong token': [{ ...env, OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20wrong' }, REFUSED[protocol]],
      'no Secret in its namespace': [variables(injected, {}), REFUSED[protocol]],
    };
    const before = await taken(stack);
    const sent = await sendSpans(
      Object.fromEntries(Object.entries(cases).map(([name, [one, , seconds = ANSWER_S]]) => [name, within(seconds, one)])),
      ADDRESS,
    );
    for (const [name, [, answer]] of Object.entries(cases))
      expect({ name, said: sent[name]?.said }).toEqual({ name, said: expect.stringMatching(answer) });
    const accepted = ['injected', 'a line end after the token'];
    expect(Object.values(sent).flatMap(({ name, accepted: yes }) => (yes ? [name] : []))).toEqual(accepted);
    // The collector has nothing of the others, so none of theirs can come to Jaeger later than these.
    expect((await taken(stack)) - before).toBe(accepted.length);
    await eventually('the spans that were accepted', async () => (await spanNames(injected.name)).length >= accepted.length);
    expect([...(await spanNames(injected.name))].sort()).toEqual([...accepted].sort());
  });

  it('gets the traces and the metrics of an app that knows nothing of it but these variables and files', async () => {
    const name = `${injected.name}-app`;
    const view = { folder: join(folder, name), files: join(folder, 'mounts'), hosts: { [SERVICE]: ADDRESS } };
    const { program, args } = inPod(view, [python, '-B', join(ROOT, 'test/golden/metrics/apps/workload_app.py')]);
    const { PATH = '' } = process.env;
    const own = { PATH, HOME: folder, OPENAI_BASE_URL: `${api}/v1`, OPENAI_API_KEY: 'dummy', ANONYMIZED_TELEMETRY: 'False' };
    const app = new LineProcess(program, args, { ...own, ...within(ANSWER_S, env), OTEL_SERVICE_NAME: name });
    try {
      await app.ask();
      // Its exporters have sent all of it by then; Jaeger gets the spans of a trace one by one.
      const spans = await eventually('the span of its query', async () => {
        const names = await spanNames(name);
        return names.includes('RetrieverQueryEngine.query') && names;
      });
      expect(spans).toContain('RetrieverQueryEngine.query');
      const tokens = async () => {
        const samples = parseExposition(await (await fetch(stack.url.metrics)).text());
        return total(select(samples, 'gen_ai_client_token_usage_sum', { service_name: name }));
      };
      expect(await eventually('its tokens', async () => (await tokens()) > 0 && tokens())).toBeGreaterThan(0);
    } finally {
      await app.stop();
    }
  });
});

describe('a token that is renewed', () => {
  it('is taken without a restart, beside the former one while the file has both', async () => {
    const injected = injectedPod('http/protobuf');
    const token = (text: string): Files => ({ ...SECRETS, 'otlp-token': { token: text } });
    const next = variables(injected, token('the-next-one'));
    const former = variables(injected, SECRETS);
    const accepted = async () => {
      const sent = await sendSpans({ next: within(ANSWER_S, next), former: within(ANSWER_S, former) }, ADDRESS);
      return [sent['next']?.accepted, sent['former']?.accepted];
    };
    const becomes = (wanted: readonly boolean[]) =>
      eventually(`the next and the former token to be accepted: ${wanted}`, async () => expect(await accepted()).toEqual(wanted) ?? true);
    try {
      await becomes([false, true]);
      stack.renewSecrets(token(`the-next-one\n${TOKEN}\n`));
      await becomes([true, true]);
      stack.renewSecrets(token('the-next-one'));
      await becomes([true, false]);
    } finally {
      stack.renewSecrets(SECRETS);
    }
  });
});

describe('a collector that asks for client certificates', () => {
  const address = loopbackAddress();
  const spec = { collector: { tls: { secretName: 'otlp-tls', clientCaKey: 'ca.crt' } } } as unknown as TelemetryStackSpec;
  let other: StackProcesses;

  beforeAll(async () => {
    other = await startStackProcesses(spec, { secrets: SECRETS, otlpAddress: address });
  }, LIMIT_MS);

  afterAll(async () => {
    await other?.stop();
  });

  it('takes what comes with one of its CA, and nothing from an injected workload without one', async () => {
    const cases = PROTOCOLS.flatMap((protocol) => {
      const env = within(HANDSHAKE_S, variables(injectedPod(protocol), SECRETS));
      const certificate = {
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: '/duotel/test/tls.crt',
        OTEL_EXPORTER_OTLP_CLIENT_KEY: '/duotel/test/tls.key',
      };
      return [
        [`${protocol} with`, { ...within(ANSWER_S, env), ...certificate }],
        [`${protocol} without`, env],
      ] as const;
    });
    const sent = await sendSpans(Object.fromEntries(cases), address);
    expect(Object.values(sent).map(({ name, accepted }) => [name, accepted])).toEqual([
      ['http/protobuf with', true],
      ['http/protobuf without', false],
      ['grpc with', true],
      ['grpc without', false],
    ]);
    expect(await taken(other)).toBe(2);
  });
});
