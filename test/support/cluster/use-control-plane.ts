import { afterAll, beforeAll } from '@jest/globals';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '../../../tools/cluster/control-plane.ts';

/** A control plane for the tests of a file: it is started before them and stopped after them. */
export function useControlPlane(options: ControlPlaneOptions = {}): ControlPlane {
  let started: ControlPlane | undefined;
  const there = (): ControlPlane => {
    if (started === undefined) throw new Error('the control plane has not started');
    return started;
  };
  beforeAll(async () => {
    started = await startControlPlane(options);
  });
  afterAll(() => started?.stop());
  return {
    get kubeconfig() {
      return there().kubeconfig;
    },
    get auditLog() {
      return there().auditLog;
    },
    kubectl: (args, input, timeoutMs) => there().kubectl(args, input, timeoutMs),
    stop: async () => started?.stop(),
  };
}
