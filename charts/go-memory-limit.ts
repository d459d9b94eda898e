import type { EnvVar } from 'cdk8s-plus-28/lib/imports/k8s.js';
import { bytes } from '../api/quantity.ts';

/**
 * GOMEMLIMIT at 80 % of a container's memory limit, so that Go's garbage collector works harder before the kernel ends the process
 * (the figure of the collector's and Jaeger's own charts). A variable of the pod, so the configuration does not depend on resources.
 */
export function goMemoryLimit(memoryLimit: string): EnvVar {
  return { name: 'GOMEMLIMIT', value: `${Math.floor((bytes(memoryLimit) * 0.8) / 1024 ** 2)}MiB` };
}
