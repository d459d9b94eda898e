import { ANNOTATION } from '../../../../api/annotations.ts';
import { policy } from '../policy.ts';

export const mountsAreSafe = policy({
  requires: "a mount of the operator's can not make the owner's next deploy fail",
  reasons: ['VolumeListShared'],
  check: ({ placement }) => {
    if (placement?.exposed === undefined || placement.mounts.length === 0) return undefined;
    const message = `container ${placement.exposed} mounts none of the pod's own volumes. If you drop the last of these later, a mount of the operator's there would make your deploy fail: give the container a mount of its own, for example an emptyDir at /tmp, or set ${ANNOTATION.bootstrap} to none`;
    return { reason: 'VolumeListShared', message, effect: 'takeBack' };
  },
});
