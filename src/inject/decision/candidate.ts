import { ANNOTATION } from '../../../api/annotations.ts';
import type { KubeObject } from '../../../api/kube-object.ts';
import type { Runtime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';
import type { Refusal } from '../change/env-diff.ts';
import { diffTemplate, type TemplateDiff } from '../change/template-diff.ts';
import { containerVariables } from '../change/variables.ts';
import { type Held, heldOf } from '../record/held.ts';
import { chosenBootstraps, type InjectionConfig, type Mount } from '../wishes/config.ts';
import type { ActiveSettings, InjectionSettings } from '../wishes/settings.ts';
import { chooseStack, type StackChoice } from '../wishes/stack-choice.ts';
import { type TargetContainers, targetContainers } from '../wishes/target-containers.ts';
import { type PodTemplate, podTemplate } from '../workload/pod-template.ts';
import { exposedContainer } from '../workload/shared-volumes.ts';

export interface CandidateInput {
  readonly workload: KubeObject;
  /** The Namespace of the workload. */
  readonly namespace: KubeObject;
  /** One for each TelemetryStack that is not being deleted. */
  readonly stacks: readonly InjectionConfig[];
  /** Never injected into. */
  readonly operatorNamespace: string;
  /** The languages that can be asked for. Default: those of this release. */
  readonly runtimes?: readonly Runtime[];
}

/** Where the variables, volumes and mounts of a candidate would go. */
export interface Placement {
  readonly config: InjectionConfig;
  /** Names of the target containers. */
  readonly targets: readonly string[];
  /** A target in which a mount of ours could make the owner's next deploy fail; see {@link exposedContainer}. */
  readonly exposed: string | undefined;
  /** What each target mounts. If one is `exposed`, optional mounts are left out. */
  readonly mounts: readonly Mount[];
}

/**
 * A workload that asks for telemetry, with everything that a policy may want to know of it. Each property is computed when it is first
 * asked for.
 */
export class Candidate {
  readonly workload: KubeObject;
  readonly namespace: KubeObject;
  readonly operatorNamespace: string;
  readonly runtimes: readonly Runtime[];
  /** `refused`: it asks in a way that cannot be understood. */
  readonly settings: Extract<InjectionSettings, { kind: 'active' | 'refused' }>;
  /** undefined: it has none, or none that we know. */
  readonly template: PodTemplate | undefined;
  readonly #stacks: readonly InjectionConfig[];
  readonly #held = once(() => heldOf(this.workload, this.template, this.settings, this.#stacks, this.runtimes));
  readonly #stack = once(() => this.active && chooseStack(this.active.stack, this.workload.metadata.namespace ?? '', this.#stacks));
  readonly #targets = once(() => this.active && this.template && targetContainers(this.active.containers, this.template.spec));
  readonly #placement = once(() => this.#place());
  readonly #diff = once(() => this.#compare());

  constructor({ workload, namespace, stacks, operatorNamespace, runtimes = RUNTIMES }: CandidateInput, settings: Candidate['settings']) {
    this.workload = workload;
    this.namespace = namespace;
    this.operatorNamespace = operatorNamespace;
    this.runtimes = runtimes;
    this.settings = settings;
    this.template = podTemplate(workload);
    this.#stacks = stacks;
  }

  /** `Kind name`. */
  get name(): string {
    return `${this.workload.kind} ${this.workload.metadata.name}`;
  }

  /** undefined where the settings are refused. */
  get active(): ActiveSettings | undefined {
    return this.settings.kind === 'active' ? this.settings : undefined;
  }

  /** What the workload holds of ours. */
  get held(): Held {
    return this.#held();
  }

  /** undefined where the settings are refused. */
  get stack(): StackChoice | undefined {
    return this.#stack();
  }

  /** undefined where the settings are refused, and without a template. */
  get targets(): TargetContainers | undefined {
    return this.#targets();
  }

  /** undefined before stack and containers are chosen. */
  get placement(): Placement | undefined {
    return this.#placement();
  }

  #place(): Placement | undefined {
    const { active, template, stack, targets } = this;
    if (active === undefined || template === undefined || stack?.kind !== 'chosen' || targets?.kind !== 'targets') return undefined;
    const exposed = exposedContainer(template.spec, targets.names, this.runtimes);
    const config = exposed === undefined ? stack.config : withoutPrices(stack.config);
    return { config, targets: targets.names, exposed, mounts: mountsOf(active, config) };
  }

  /** The change of the template, or why there may be none; undefined before stack and containers are chosen. */
  get diff(): TemplateDiff | Refusal | undefined {
    return this.#diff();
  }

  #compare(): TemplateDiff | Refusal | undefined {
    const { workload, active, template, held, placement, runtimes } = this;
    if (active === undefined || template === undefined || placement === undefined) return undefined;
    const { config, targets, mounts } = placement;
    const containers = new Map(targets.map((name) => [name, containerVariables(workload, name, active, config)] as const));
    const byManifest = workload.metadata.annotations?.[ANNOTATION.manifest] !== undefined;
    return diffTemplate(template.spec, { containers, mounts, byManifest, runtimes }, held.mine, held.recorded);
  }
}

/** What `find` returns, found out at the first call. */
function once<T>(find: () => T): () => T {
  let found: { readonly value: T } | undefined;
  return () => {
    found ??= { value: find() };
    return found.value;
  };
}

function withoutPrices({ pricing, ...config }: InjectionConfig): InjectionConfig {
  return { ...config, pricing: { ...pricing, files: [] } };
}

function mountsOf(settings: ActiveSettings, config: InjectionConfig): readonly Mount[] {
  return [
    ...(settings.backend === 'openinference' || config.pricing.files.length === 0 ? [] : [config.pricing]),
    ...chosenBootstraps(settings.bootstrap, config).map(({ mount }) => mount),
    ...(config.ca === undefined ? [] : [config.ca]),
  ];
}
