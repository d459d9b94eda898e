import type { KubeObject } from '../../api/kube-object.ts';
import { isApiError, type KubeApi } from '../kube/kube-api.ts';

/** One event that the operator wrote on a workload. The API server keeps events for an hour unless it is told otherwise. */
export interface HistoryEntry {
  /** RFC 3339. */
  readonly time: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

const LIMIT = 10;

/** The operator's last events on an object, newest first; none where they may not be read. */
export async function readHistory(api: KubeApi, object: KubeObject): Promise<readonly HistoryEntry[]> {
  const { uid, namespace } = object.metadata;
  try {
    const type = await api.resourceType('v1', 'Event');
    const query = { fieldSelector: `involvedObject.uid=${uid ?? ''}` };
    const { items } = await api.list(type, { ...(namespace === undefined ? {} : { namespace }), query });
    return items
      .filter((event) => (event['source'] as { component?: string } | undefined)?.component === 'duotel')
      .map((event) => {
        const text = (field: string) => (typeof event[field] === 'string' ? event[field] : '');
        return { time: text('lastTimestamp'), type: text('type'), reason: text('reason'), message: text('message') };
      })
      .sort((a, b) => (a.time < b.time ? 1 : -1))
      .slice(0, LIMIT);
  } catch (error) {
    if (isApiError(error, 'Forbidden')) return [];
    throw error;
  }
}
