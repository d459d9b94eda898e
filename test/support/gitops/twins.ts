import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { expect } from '@jest/globals';
import { FIELD_MANAGER } from '../../../api/names.ts';
import { valueAt } from '../../../api/value-at.ts';
import { podTemplate } from '../../../src/inject/workload/pod-template.ts';
import { binary } from '../../../tools/build/binary.ts';
import type { ControlPlane } from '../../../tools/cluster/control-plane.ts';
import { run } from '../../../tools/lib/run.ts';
import { must } from '../cluster/installation.ts';
import type { TemplateHistory } from '../cluster/template-history.ts';
import { eventually } from '../time/eventually.ts';
import { APP, type App, deployment } from './app.ts';
import { withoutOurs } from './without-ours.ts';

const OPT_IN = { 'duotel.io/backend': 'both' };

export interface Expectation {
  /** Rollouts that the app has more than its twin. */
  readonly ours: number;
  /** Beginning of the status line; undefined: nothing of ours is there. */
  readonly status: string | undefined;
  readonly theirs?: number;
}

/** Deployments of one namespace, each beside a twin to which the same is done and which is never annotated. */
export class Twins {
  readonly namespace: string;
  readonly #cluster: ControlPlane;
  readonly #history: TemplateHistory;

  constructor(cluster: ControlPlane, history: TemplateHistory, namespace: string) {
    this.#cluster = cluster;
    this.#history = history;
    this.namespace = namespace;
  }

  kubectl(...args: readonly string[]): Promise<string> {
    return must(this.#cluster, ['-n', this.namespace, ...args]);
  }

  annotations(name: string): Readonly<Record<string, string>> {
    return this.#history.get(this.namespace, name)?.metadata.annotations ?? {};
  }

  /** The status line; undefined: none. */
  status(name: string): string | undefined {
    return this.annotations(name)['duotel.io/status'];
  }

  /** Value of a variable of the Deployment's first container that has it. */
  variable(name: string, wanted: string): string | undefined {
    const object = this.#history.get(this.namespace, name);
    return (object && podTemplate(object))?.spec.containers.flatMap(({ env = [] }) => env).find((item) => item.name === wanted)?.value;
  }

  /** Waits until app and twin are as expected and stay so. */
  async comesTo(name: string, wanted: Expectation): Promise<void> {
    const look = (): unknown => {
      const [app, twin] = [this.#history.get(this.namespace, name), this.#history.get(this.namespace, `${name}-twin`)];
      const theirs = this.#history.rollouts(this.namespace, `${name}-twin`);
      return {
        ours: this.#history.rollouts(this.namespace, name) - theirs,
        ...(wanted.theirs !== undefined && { theirs }),
        status: wanted.status === undefined ? this.status(name) : this.status(name)?.slice(0, wanted.status.length),
        held: app?.metadata.managedFields?.some(({ manager }) => manager === FIELD_MANAGER),
        user: app && withoutOurs(app),
        twin: twin && withoutOurs(twin),
      };
    };
    const end = performance.now() + 300_000;
    const isRight = (): boolean => {
      const { user, twin, held, ...rest } = look() as Record<string, unknown>;
      return held === false && isDeepStrictEqual(rest, { ...wanted }) && isDeepStrictEqual(user, twin);
    };
    // Once it is right it must stay right: what comes late counts.
    for (let since = performance.now(); performance.now() < end && performance.now() - since < 800; await sleep(50)) {
      if (!isRight()) since = performance.now();
    }
    const { user, twin, ...found } = look() as Record<string, unknown>;
    expect(found).toEqual({ ...wanted, held: false });
    expect(user).toEqual(twin);
  }

  /** An injected Deployment and its twin, neither of which anybody has touched yet. */
  async injected(name: string, app: App = { containers: [APP] }, replicas = 0): Promise<void> {
    const asked = { ...app, annotations: { ...OPT_IN, ...app.annotations } };
    const { annotations: _, ...bare } = app;
    const items = [deployment(name, this.namespace, asked, replicas), deployment(`${name}-twin`, this.namespace, bare, replicas)];
    await must(this.#cluster, ['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await this.comesTo(name, { ours: 1, status: 'Injected both' });
  }

  /** Runs kubectl for the app and for its twin; `$` in an argument is the name of the Deployment. */
  async toBoth(name: string, ...args: readonly string[]): Promise<void> {
    for (const one of [name, `${name}-twin`]) await this.kubectl(...args.map((arg) => arg.replace('$', one)));
  }

  /** `kubectl edit` with an editor that replaces a text in the file which it is given. */
  async edit(name: string, from: string, to: string): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'duotel-editor-'));
    const editor = join(folder, 'editor');
    writeFileSync(editor, `#!/bin/sh\nexec sed -i 's|${from}|${to}|' "$1"\n`);
    chmodSync(editor, 0o700);
    try {
      const env = { KUBECONFIG: this.#cluster.kubeconfig, KUBE_EDITOR: editor };
      const { code, stderr } = await run(await binary('kubectl'), ['-n', this.namespace, 'edit', `deployment/${name}`], { env });
      expect([code, stderr]).toEqual([0, '']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** Its controller has seen its present template, and made its ReplicaSet: there is something to go back to. */
  async observed(name: string): Promise<void> {
    await eventually(`the controller to have seen ${name}`, async () => {
      const live = this.#history.get(this.namespace, name);
      return live !== undefined && valueAt(live, ['status', 'observedGeneration']) === live.metadata.generation;
    });
  }

  async recordedVariables(name: string): Promise<readonly string[]> {
    return Object.keys(JSON.parse(this.annotations(name)['duotel.io/injected'] ?? '{}').containers?.app?.env ?? {});
  }
}
