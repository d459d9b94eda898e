import { isFields } from '../../../api/fields.ts';
import type { KubeObject } from '../../../api/kube-object.ts';

/** `spec.selector` as a query; undefined when it selects nothing, which a workload's selector never does. */
export function podSelector(workload: KubeObject): string | undefined {
  const spec = isFields(workload['spec']) ? workload['spec'] : {};
  const selector = isFields(spec['selector']) ? spec['selector'] : {};
  const labels = Object.entries(isFields(selector['matchLabels']) ? selector['matchLabels'] : {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'] : []).filter(isFields);
  const texts = expressions.map(({ key, operator, values }) => {
    const list = Array.isArray(values) ? values.join(',') : '';
    switch (operator) {
      case 'In':
        return `${key} in (${list})`;
      case 'NotIn':
        return `${key} notin (${list})`;
      default:
        return operator === 'Exists' ? `${key}` : `!${key}`;
    }
  });
  const all = [...labels, ...texts];
  return all.length === 0 ? undefined : all.join(',');
}
