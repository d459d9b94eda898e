import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { BACKENDS, type Backend } from '../api/annotations.ts';
import { say } from '../tools/lib/progress.ts';
import { run } from '../tools/lib/run.ts';
import { ToolError } from '../tools/lib/tool-error.ts';
import { ensurePythonEnvironment } from '../tools/python/uv.ts';
import { type Figure, figure } from './figure.ts';

export interface ModesOptions {
  /** Runs of each program in each mode; the figures are medians. */
  readonly runs: number;
}

/** What `child_usage.py` prints. */
interface Usage {
  readonly code: number;
  readonly seconds: number;
  /** In user mode and in the kernel. */
  readonly cpuSeconds: number;
  /** The largest resident memory. */
  readonly rssMb: number;
}

const ROOT = join(import.meta.dirname, '..');
const EXAMPLE = join(ROOT, 'examples/rag-python');
const LIMIT_MS = 15 * 60_000;
/** `none` first: the others are compared with it. */
const MODES: readonly Backend[] = BACKENDS.toSorted((a, b) => Number(b === 'none') - Number(a === 'none'));
const PROGRAMS = [
  { id: 'no-library', what: 'a program that imports no library', argv: ['-c', 'pass'] },
  { id: 'one-call', what: 'one call with the OpenAI client', argv: [join(ROOT, 'test/golden/python/apps/chat.py')] },
  { id: 'workload', what: "the example's workload", argv: ['-c', 'import workload; workload.run()'] },
] as const;

/**
 * What the producers add to an app: three programs in each mode, with the Python bootstrap as the annotation mounts it, against the example's
 * model API and a collector that takes everything.
 */
export async function benchModes({ runs }: ModesOptions): Promise<readonly Figure[]> {
  const python = await ensurePythonEnvironment([readFileSync(join(EXAMPLE, 'requirements.txt'), 'utf8')], say);
  const collector = await startCollector();
  const api = await startApi(python);
  try {
    const usages = new Map<string, Usage[]>();
    // The first round fills the machine's file cache, and is not counted.
    for (let round = 0; round <= runs; round++) {
      for (const { id, argv } of PROGRAMS) {
        for (const mode of MODES) {
          const usage = await usageOf(python, argv, variables(mode, api.url, collector.url));
          if (round > 0) usages.set(`${id}/${mode}`, [...(usages.get(`${id}/${mode}`) ?? []), usage]);
        }
      }
      say(`modes: round ${round} of ${runs}`);
    }
    return PROGRAMS.flatMap(({ id, what }) => MODES.flatMap((mode) => figures(`${id}/${mode}`, `${what}, mode ${mode}`, usages)));
  } finally {
    api.process.kill();
    collector.server.close();
  }
}

function figures(key: string, what: string, usages: ReadonlyMap<string, readonly Usage[]>): readonly Figure[] {
  const of = usages.get(key) ?? [];
  return [
    figure(
      `modes/${key}/cpu`,
      `${what}: CPU time`,
      's',
      of.map(({ cpuSeconds }) => cpuSeconds),
    ),
    figure(
      `modes/${key}/time`,
      `${what}: time`,
      's',
      of.map(({ seconds }) => seconds),
    ),
    figure(
      `modes/${key}/rss`,
      `${what}: peak RSS`,
      'MB',
      of.map(({ rssMb }) => rssMb),
    ),
  ];
}

/** Runs a program to its end. Throws ToolError when it fails: its figures would mean nothing. */
async function usageOf(python: string, argv: readonly string[], env: Readonly<Record<string, string>>): Promise<Usage> {
  // The measuring process must not load the bootstrap itself.
  const program = ['env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), python, ...argv];
  const { stdout, stderr, code } = await run(python, ['-I', join(import.meta.dirname, 'child_usage.py'), ...program], {
    cwd: EXAMPLE,
    timeoutMs: LIMIT_MS,
  });
  const usage = code === 0 ? (JSON.parse(stdout) as Usage) : undefined;
  if (usage === undefined || usage.code !== 0) throw new ToolError(`${argv.join(' ')} failed:\n${stderr.slice(-2000)}`);
  return usage;
}

/** The variables of an injected container, as far as they count here. */
function variables(mode: Backend, api: string, collector: string): Readonly<Record<string, string>> {
  const app = { OPENAI_BASE_URL: `${api}/v1`, OPENAI_API_KEY: 'dummy', ANONYMIZED_TELEMETRY: 'False', NO_PROXY: '127.0.0.1' };
  if (mode === 'none') return app;
  return {
    ...app,
    PYTHONPATH: join(ROOT, 'bootstrap/python'),
    OBSERVABILITY_BACKEND: mode,
    OTEL_SERVICE_NAME: 'my-rag',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    DUOTEL_CAPTURE_CONTENT: 'false',
  };
}

/** Answers every request with 200, as a collector that takes all of it. */
async function startCollector(): Promise<{ readonly server: Server; readonly url: string }> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** The example's model API. Throws ToolError when it ends before it listens. */
async function startApi(python: string): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const server = spawn(python, [join(ROOT, 'examples/fake-openai/server.py'), '--host', '127.0.0.1', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout })) {
    const [, address] = /listens on (127\.0\.0\.1:\d+)/.exec(line) ?? [];
    if (address !== undefined) return { process: server, url: `http://${address}` };
  }
  throw new ToolError('the model API ended before it listened');
}
