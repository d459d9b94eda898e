import type { KubeApi } from '../../src/kube/kube-api.ts';
import type { CredentialsSource } from '../../src/kube/rest/credentials.ts';
import { step } from '../lib/progress.ts';
import { type RunResult, run } from '../lib/run.ts';
import { ToolError } from '../lib/tool-error.ts';

export interface StepTime {
  readonly step: string;
  readonly seconds: number;
}

export interface JourneyOptions {
  readonly api: KubeApi;
  readonly source: CredentialsSource;
  /** kubectl: a path, or a name on PATH. */
  readonly kubectl: string;
  /** Folder with the output of `cdk8s synth`. */
  readonly dist: string;
  /** Namespace of the example. */
  readonly namespace: string;
  readonly images: { readonly ragPython: string; readonly fakeOpenai: string };
  readonly signal?: AbortSignal;
}

/** What every step of the journey works with. */
export class JourneyContext {
  readonly options: JourneyOptions;
  /** How long each step took, in order. */
  readonly times: StepTime[] = [];

  constructor(options: JourneyOptions) {
    this.options = options;
  }

  get api(): KubeApi {
    return this.options.api;
  }

  get namespace(): string {
    return this.options.namespace;
  }

  /** kubectl against the same cluster, bounded to 60 s. */
  async kubectl(args: readonly string[], input?: string): Promise<RunResult> {
    const { kubeconfig, context } = this.options.source;
    const flags = [
      ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
      ...(context === undefined ? [] : ['--context', context]),
    ];
    return run(this.options.kubectl, [...flags, ...args], input === undefined ? {} : { input });
  }

  /** Like {@link kubectl}; a non-zero exit is a ToolError with its message. */
  async kubectlOk(args: readonly string[], input?: string): Promise<string> {
    const { code, stdout, stderr } = await this.kubectl(args, input);
    if (code !== 0) throw new ToolError(`kubectl ${args.join(' ')} failed with exit code ${code}:\n  ${stderr.trim() || stdout.trim()}`);
    return stdout;
  }

  /** One step with its progress on standard error; its time is kept. */
  async step<T>(title: string, work: (note: (text: string) => void) => Promise<T>): Promise<T> {
    this.options.signal?.throwIfAborted();
    const started = performance.now();
    try {
      return await step(title, work);
    } finally {
      this.times.push({ step: title, seconds: Number(((performance.now() - started) / 1000).toFixed(1)) });
    }
  }
}
