import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../api/kube-object.ts';
import type { ResolvedStackSpec } from '../../api/telemetry-stack.ts';

/** Makes the objects of a stack; the operator passes the charts in. */
export type Synth = (input: {
  readonly name: string;
  readonly namespace: string;
  readonly spec: ResolvedStackSpec;
}) => readonly KubeObject[];

export interface RenderedStack {
  readonly objects: readonly KubeObject[];
  /** `sha256:` and the digest of the objects as JSON. */
  readonly digest: string;
}

/** The objects of each stack, made anew only when its spec changes. */
export class RenderedStacks {
  readonly #synth: Synth;
  readonly #rendered = new Map<string, RenderedStack & { readonly spec: unknown }>();

  constructor(synth: Synth) {
    this.#synth = synth;
  }

  render(name: string, namespace: string, spec: ResolvedStackSpec): RenderedStack {
    const known = this.#rendered.get(name);
    if (known !== undefined && isDeepStrictEqual(known.spec, spec)) return known;
    const objects = this.#synth({ name, namespace, spec });
    const digest = `sha256:${createHash('sha256').update(JSON.stringify(objects)).digest('hex')}`;
    const made = { spec, objects, digest };
    this.#rendered.set(name, made);
    return made;
  }

  /** Forgets a stack that is gone. @returns the objects that were made for it last. */
  forget(name: string): readonly KubeObject[] {
    const objects = this.#rendered.get(name)?.objects ?? [];
    this.#rendered.delete(name);
    return objects;
  }
}
