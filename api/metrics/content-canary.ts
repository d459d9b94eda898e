import type { Instrument } from './instrument.ts';

/** The collector counts them: spans that carry content although their workload was told to send none. */
export const SPANS_WITH_CONTENT: Instrument = {
  name: 'duotel.spans.with_content',
  kind: 'counter',
  unit: '',
  producers: ['collector'],
  labels: ['service_name', 'telemetry_producer'],
  description: 'Spans with a prompt, a completion or a retrieved text, of workloads without duotel.io/capture-content.',
};

/** What OpenInference writes in place of what it hides. */
export const REDACTED = '__REDACTED__';

/**
 * Span attributes that hold what people and models said: OpenLIT's and the GenAI conventions' first, then OpenInference's
 * (no switch of OpenInference masks `llm.prompt_template.variables`). Of lists the first item stands for all.
 */
export const CONTENT_ATTRIBUTES = [
  'gen_ai.prompt',
  'gen_ai.completion',
  'gen_ai.content.prompt',
  'gen_ai.content.completion',
  'gen_ai.input.messages',
  'gen_ai.output.messages',
  'gen_ai.system_instructions',
  'input.value',
  'output.value',
  'llm.prompt_template.variables',
  'llm.input_messages.0.message.content',
  'llm.output_messages.0.message.content',
  'retrieval.documents.0.document.content',
  'embedding.embeddings.0.embedding.text',
] as const;
