/**
 * Bytes of the longest attribute value that passes. Jaeger's Badger store puts each value into an index key of at most 65,000 bytes, and
 * answers a longer one with an error that asks for a retry. So one span with a long prompt would hold a batch, and then the queue, for
 * ever.
 */
const ATTRIBUTE_BYTES = 32_768;

/** Statements of the transform processor that cut long attributes and drop embedding vectors: nobody reads their thousands of numbers. */
export function attributeLimits(): readonly object[] {
  const cut = (attributes: string) => `truncate_all(${attributes}, ${ATTRIBUTE_BYTES})`;
  return [
    { context: 'resource', statements: [cut('resource.attributes')] },
    { context: 'span', statements: [`delete_matching_keys(span.attributes, "^embedding\\\\..*vector$")`, cut('span.attributes')] },
    { context: 'spanevent', statements: [cut('spanevent.attributes')] },
  ];
}
