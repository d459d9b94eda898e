import { CONTENT_ATTRIBUTES, REDACTED, SPANS_WITH_CONTENT } from '../../api/metrics/content-canary.ts';
import { PRODUCER_ATTRIBUTE } from '../../api/metrics/span-metrics.ts';
import { BACKEND_RESOURCE_ATTRIBUTE, CAPTURE_RESOURCE_ATTRIBUTE } from '../../api/names.ts';

const attribute = (name: string) => `span.attributes["${name}"]`;

/**
 * The canary for prompts: it counts spans that carry content although their workload asked for none. It names the service and the producer,
 * never the content. It judges only workloads that the operator has set up.
 */
export function contentCanary(resource: readonly object[]): object {
  const carries = CONTENT_ATTRIBUTES.map(
    (name) => `(${attribute(name)} != nil and ${attribute(name)} != "" and ${attribute(name)} != "${REDACTED}")`,
  ).join(' or ');
  const judged = `resource.attributes["${BACKEND_RESOURCE_ATTRIBUTE}"] != nil and resource.attributes["${CAPTURE_RESOURCE_ATTRIBUTE}"] == nil`;
  return {
    name: SPANS_WITH_CONTENT.name,
    unit: SPANS_WITH_CONTENT.unit,
    description: SPANS_WITH_CONTENT.description,
    include_resource_attributes: resource,
    attributes: [{ key: PRODUCER_ATTRIBUTE, default_value: 'app' }],
    conditions: [`${judged} and (${carries})`],
    sum: { value: '1', monotonic: true },
  };
}
