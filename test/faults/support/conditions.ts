import type { World } from './world.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

/** The conditions of the stack; none while it is not there or nothing is said of it. */
export async function conditions({ admin }: World): Promise<readonly Condition[]> {
  const status = (await admin.get('TelemetryStack', 'duotel'))?.['status'] as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions ?? [];
}
