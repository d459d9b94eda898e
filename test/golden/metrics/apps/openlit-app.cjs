// What openlit_app.py does, with the OpenLIT for TypeScript in the folder of DUOTEL_TEST_PACKAGES. Its only database with metrics is
// PostgreSQL, which is not here.
const { createRequire } = require('node:module');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { createInterface } = require('node:readline');
const { setTimeout: sleep } = require('node:timers/promises');

const folder = process.env.DUOTEL_TEST_PACKAGES;
const load = createRequire(join(folder, 'package.json'));
// Its parts are no entry points of the package.
const part = (path) => require(join(folder, 'node_modules/openlit/dist', path));
const { version } = JSON.parse(readFileSync(join(folder, 'node_modules/openlit/package.json'), 'utf8'));

const openlit = load('openlit').default;
openlit.init({
  applicationName: process.env.OTEL_SERVICE_NAME,
  environment: 'test',
  otlpEndpoint: process.env.OTEL_EXPORTER_OTLP_ENDPOINT,
  // A path is not understood: a URL, or the text itself.
  pricingJson: readFileSync(process.env.OPENLIT_PRICING_JSON, 'utf8'),
  captureMessageContent: false,
});
const { metrics, trace } = load('@opentelemetry/api');
const OpenAI = load('openai');
const client = new OpenAI({ maxRetries: 0 });

async function modelCalls() {
  const messages = [{ role: 'user', content: 'a question about graphs' }];
  const { usage } = await client.chat.completions.create({ model: 'gpt-4o-mini', messages });
  // It measures in milliseconds, and records no time between chunks that come in the same one.
  for await (const _ of await client.chat.completions.create({ model: 'gpt-4o', messages, stream: true })) await sleep(2);
  await client.embeddings.create({ model: 'text-embedding-3-small', input: 'a text about graphs' });
  await client.chat.completions.create({ model: 'boom', messages }).catch(() => undefined);
  return usage;
}

function toolsAndGuards() {
  part('instrumentation/mcp/wrapper.js').recordMCPMetrics({
    mcpOperation: 'tools/call',
    mcpMethod: 'tools/call',
    mcpTransportType: 'sse',
    toolName: 'search',
    resourceUri: 'file:///a',
    promptName: 'greet',
    duration: 1,
    requestSize: 10,
    responseSize: 20,
    isError: false,
  });
  part('guard/pipeline.js').Pipeline._emitOtel({ action: 'allow', score: 0, guardName: 'pii', classification: 'none' }, 'preflight');
}

/** Kind, name and unit of each instrument. */
function described() {
  return Object.values(part('otel/metrics.js').default)
    .filter((one) => typeof one?._descriptor?.name === 'string')
    .map(({ _descriptor: { type, name, unit } }) => `${type.toLowerCase()} ${name} ${unit}`)
    .sort();
}

async function main() {
  for await (const _ of createInterface({ input: process.stdin })) {
    const usage = await modelCalls();
    toolsAndGuards();
    await (trace.getTracerProvider().getDelegate?.() ?? trace.getTracerProvider()).forceFlush?.();
    await metrics.getMeterProvider().forceFlush?.();
    const { prompt_tokens: input, completion_tokens: output } = usage;
    process.stdout.write(`${JSON.stringify({ version, instruments: described(), input, output })}\n`);
  }
}

void main();
