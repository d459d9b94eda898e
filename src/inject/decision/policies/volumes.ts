import { ANNOTATION } from '../../../../api/annotations.ts';
import { policy } from '../policy.ts';

export const mountsAreSafe = policy({
  requires: "a mount of ours cannot make the next deploy of the workload's owner fail",
  reasons: ['VolumeListShared'],
  check: ({ placement }) => {
    if (placement?.exposed === undefined || placement.mounts.length === 0) return undefined;
    const message = `container ${placement.exposed} mounts none of the pod's own volumes: a volume of the operator's there could make your deploy fail on the day you drop the last of them; give the container a mount of its own, for example an emptyDir at /tmp, or set ${ANNOTATION.bootstrap} to none`;
    return { reason: 'VolumeListShared', message, effect: 'takeBack' };
  },
});
