import { describe, expect, it } from '@jest/globals';
import type { KubeObject } from '../../../api/kube-object.ts';
import { LeadershipLostError } from '../../../src/controller/leadership.ts';
import { Metrics } from '../../../src/controller/metrics.ts';
import type { KubeApi } from '../../../src/kube/kube-api.ts';
import { WriteFence } from '../../../src/kube/lease/fence.ts';
import { runOperator } from '../../../src/operator/run-operator.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';

const lease = (resourceVersion: string): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'duotel-operator', namespace: 'duotel', resourceVersion },
  spec: { holderIdentity: 'another', leaseDurationSeconds: 15, renewTime: resourceVersion },
});

describe('an operator that waits for the lease', () => {
  it('ends as one that has lost it, when the cluster was restored from a backup', async () => {
    const said: string[] = [];
    const say = (message: string, fields: Readonly<Record<string, unknown>> = {}): void =>
      void said.push(`${message} ${String(fields['error'] ?? '')}`);
    const quiet: KubeApi = {
      ...listingApi([]),
      getText: async () => JSON.stringify({ kind: 'APIResourceList', resources: [] }),
      async *watch(_type, { signal, onOpen }) {
        onOpen?.();
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
    };
    const versions = ['90', '91', '40'];
    const election = {
      api: { ...quiet, get: async () => lease(versions.length > 1 ? (versions.shift() ?? '') : '40') },
      fence: new WriteFence(),
      identity: 'self',
      timing: { durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 10 },
    };
    const logger = { debug: say, info: say, warn: say, error: say };
    const stop = new AbortController();
    const running = runOperator({ api: quiet, logger, metrics: new Metrics(), namespace: 'duotel', election }, stop.signal);
    const giveUp = setTimeout(() => stop.abort(), 300_000);
    await expect(running.finally(() => clearTimeout(giveUp))).rejects.toThrow(LeadershipLostError);
    expect(said.find((line) => line.includes('resource version 40 is older than 91'))).toContain('restored from a backup');
  });
});
