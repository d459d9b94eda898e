import { afterAll, beforeAll } from '@jest/globals';
import { type ControlPlane, startControlPlane } from '../../../tools/cluster/control-plane.ts';
import { eventually } from '../time/eventually.ts';
import {
  controllersStarted,
  getObject,
  must,
  type OperatorOptions,
  type RunningOperator,
  startOperator,
  synthesize,
} from './installation.ts';

export interface InstallationOptions {
  /**
   * How far it goes by itself: `manifests`: dist is applied; `operator`: the operator runs and its stack is there.
   * @default 'operator'
   */
  readonly until?: 'cluster' | 'manifests' | 'operator';
  /** Dist is applied without `--server-side`. @default false */
  readonly clientSide?: boolean;
  /** Text of the settings file that dist is made with; default: none. */
  readonly settings?: string;
  /** Namespaces of apps, there before anything is installed. */
  readonly namespaces?: readonly string[];
  /** Of each operator that is started without options of its own. */
  readonly operator?: OperatorOptions;
}

/** Duotel on a control plane, as people install it. */
export interface Installation extends ControlPlane {
  /** Folder of the manifests. */
  readonly dist: string;
  /** The one that was started last. */
  readonly operator: RunningOperator;
  /** Stops the operator that runs, if one does, and starts another; it has read everything by then. */
  startOperator(options?: OperatorOptions): Promise<RunningOperator>;
  stopOperator(): Promise<void>;
}

/** A control plane with Duotel for the tests of a file: set up before them, and taken down after them. */
export function useInstallation(options: InstallationOptions = {}): Installation {
  const { until = 'operator', clientSide = false, settings, namespaces = [], operator: operatorOptions = {} } = options;
  let cluster: ControlPlane | undefined;
  let manifests: ReturnType<typeof synthesize> | undefined;
  let operator: RunningOperator | undefined;
  let isRunning = false;

  const started = <T>(value: T | undefined, what: string): T => {
    if (value === undefined) throw new Error(`${what} is not there yet`);
    return value;
  };
  const installation: Installation = {
    get kubeconfig() {
      return started(cluster, 'the control plane').kubeconfig;
    },
    get auditLog() {
      return started(cluster, 'the control plane').auditLog;
    },
    get dist() {
      return started(manifests, 'dist').dist;
    },
    get operator() {
      return started(operator, 'an operator');
    },
    kubectl: (args, input, timeoutMs) => started(cluster, 'the control plane').kubectl(args, input, timeoutMs),
    async startOperator(own = operatorOptions) {
      await installation.stopOperator();
      operator = await startOperator(started(cluster, 'the control plane'), own);
      isRunning = true;
      await controllersStarted(operator);
      return operator;
    },
    async stopOperator() {
      if (isRunning) await operator?.stop();
      isRunning = false;
    },
    async stop() {
      await installation.stopOperator();
      await cluster?.stop();
    },
  };

  beforeAll(async () => {
    manifests = synthesize(settings);
    cluster = await startControlPlane();
    for (const namespace of namespaces) await must(cluster, ['create', 'namespace', namespace]);
    if (until === 'cluster') return;
    await must(cluster, ['apply', ...(clientSide ? [] : ['--server-side']), '-f', manifests.dist]);
    if (until === 'manifests') return;
    await installation.startOperator();
    await eventually('the stack', async () => getObject(installation, 'tstack/duotel'));
  });
  afterAll(async () => {
    await installation.stop();
    manifests?.remove();
  });
  return installation;
}
