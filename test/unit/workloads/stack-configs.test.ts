import { describe, expect, it } from '@jest/globals';
import { TELEMETRY_STACK } from '../../../api/telemetry-stack.ts';
import { StackConfigs } from '../../../src/workloads/stack-configs.ts';
import { MemoryCluster } from '../../support/fake-api/memory-cluster.ts';

const SILENT = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describe('what a stack tells workloads', () => {
  it('is made once for a spec, and forgotten with the stack', () => {
    const stack = { ...TELEMETRY_STACK, metadata: { name: 'main', namespace: 'duotel' }, spec: {} };
    const cluster = new MemoryCluster([stack]);
    const configs = new StackConfigs(cluster.cache, 'duotel', SILENT);
    const [first] = configs.all();
    expect(first?.config.stack.name).toBe('main');
    expect(configs.all()[0] === first).toBe(true);
    cluster.remove(stack);
    expect(configs.all()).toHaveLength(0);
    cluster.put(stack);
    expect(configs.all()[0] === first).toBe(false);
  });
});
