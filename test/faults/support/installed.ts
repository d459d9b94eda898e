import type { KubeObject } from '../../../api/kube-object.ts';
import { ACTS, settle } from './journey.ts';
import type { Stage } from './row.ts';
import { type World, workload } from './world.ts';

/** Where a fault begins that strikes what is there already. */

type Place = Pick<Stage, 'world' | 'reference'>;

/** Name of the workload that {@link injected} injects into. */
export const APP = workload().metadata.name;

/** A stack as the fault-free run has created it, and an operator that has nothing left to do. */
export async function installed({ world, reference }: Place): Promise<void> {
  await world.reset();
  await world.restart();
  await ACTS.create(world);
  await settle(world, 'create', reference.create, 90);
}

/** The same, with the workload injected. */
export async function injected({ world, reference }: Place): Promise<void> {
  await installed({ world, reference });
  await ACTS.inject(world);
  await settle(world, 'inject', reference.inject, 90);
}

export async function app({ admin }: World): Promise<KubeObject> {
  const found = await admin.get('Deployment', APP, 'shop');
  if (found === undefined) throw new Error('the workload is gone');
  return found;
}

/** What the workload says of itself; empty: nothing. */
export async function statusLine(world: World): Promise<string> {
  return (await app(world)).metadata.annotations?.['duotel.io/status'] ?? '';
}
