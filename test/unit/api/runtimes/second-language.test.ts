import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import fc from 'fast-check';
import type { KubeObject } from '../../../../api/kube-object.ts';
import { bootstrapValues } from '../../../../api/runtimes/choice.ts';
import { RUNTIMES } from '../../../../api/runtimes/runtimes.ts';
import { resolveStackSpec } from '../../../../api/telemetry-stack.ts';
import { addAnnotationOptions } from '../../../../src/cli/options/annotation-options.ts';
import { explainWorkload } from '../../../../src/explain/explain.ts';
import { decideWorkload } from '../../../../src/inject/decision/decide-workload.ts';
import type { Decision } from '../../../../src/inject/decision/decision.ts';
import { injectionConfig } from '../../../../src/inject/wishes/config.ts';
import { podTemplate } from '../../../../src/inject/workload/pod-template.ts';
import { injectManifests } from '../../../../src/manifests/inject-manifests.ts';
import { previewCluster } from '../../../../src/preview/preview-cluster.ts';
import { logChecks } from '../../../../src/verify/log-facts.ts';
import { factLines } from '../../../../tools/dual-mode-tables.ts';
import { listingApi } from '../../../support/fake-api/listing-api.ts';
import { annotationsReference } from '../../../support/workloads/annotations-reference.ts';
import { asked, OFF, userWorkload } from '../../../support/workloads/arbitrary-workload.ts';
import { injected } from '../../../support/workloads/injected.ts';
import {
  after as afterWrite,
  annotate,
  input,
  namespaceObject,
  type WorkloadParts,
  workload,
} from '../../../support/workloads/injection.ts';
import { LUA, luaFile, SECOND_ASSETS, WITH_LUA } from '../../../support/workloads/made-up-language.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const CONFIG = injectionConfig({ name: 'duotel', namespace: 'duotel', spec: resolveStackSpec() }, SECOND_ASSETS);
const ASKS = { 'duotel.io/backend': 'both', 'duotel.io/bootstrap': 'lua' };

function asking(parts: WorkloadParts = {}, annotations: Readonly<Record<string, string>> = {}): KubeObject {
  return workload({ ...parts, annotations: { ...ASKS, ...annotations } });
}

function decide(object: KubeObject): Decision {
  return decideWorkload(input(object, { stacks: [CONFIG], runtimes: WITH_LUA }));
}

/** Variables of the first container by name, and its mounts by path. */
function held(object: KubeObject): Readonly<Record<'env' | 'mounts', Readonly<Record<string, string | undefined>>>> {
  const { env = [], volumeMounts = [] } = podTemplate(object)?.spec.containers[0] ?? {};
  return {
    env: Object.fromEntries(env.map(({ name, value }) => [name, value])),
    mounts: Object.fromEntries(volumeMounts.map(({ name, mountPath }) => [mountPath, name])),
  };
}

describe('a second language, by its record alone,', () => {
  it('is a value of the annotation, and makes `auto` one', () => {
    expect(bootstrapValues(RUNTIMES)).toEqual(['none', 'python', 'nodejs']);
    expect(bootstrapValues(WITH_LUA)).toEqual(['none', 'python', 'nodejs', 'lua', 'auto']);
    expect(decideWorkload(input(asking())).outcome?.reason).toBe('InvalidAnnotation');
    expect(decide(asking()).outcome?.reason).toBe('Injected');
  });

  it('is what the nearest name may be', () => {
    expect(decide(asking({}, { 'duotel.io/bootstrap': 'luas' })).outcome?.message).toBe(
      'duotel.io/bootstrap on Deployment my-rag is "luas", expected none, python, nodejs, lua or auto. Did you mean "lua"?',
    );
  });

  it('is in the help of the commands that take annotations', () => {
    const help = addAnnotationOptions(new Command('plan'), 'set-', WITH_LUA).helpInformation().replaceAll(/\s+/g, ' ');
    expect(help).toContain('--set-bootstrap <language> duotel.io/bootstrap (choices: "none", "python", "nodejs", "lua", "auto")');
  });

  it('is in the pages of annotations and of log lines', () => {
    const page = annotationsReference(WITH_LUA);
    expect(page).toContain('| `duotel.io/bootstrap` | `none`, `python`, `nodejs`, `lua`, `auto` | `none` |');
    expect(page).toContain(
      '| [Lua](../../bootstrap/lua/README.md) | `lua` | `/duotel/lua` | `DUOTEL_LUA`, `LUA_PATH`: `;/duotel/lua`, `LUA_OPTIONS`: `" -l duotel"` | `lua>=5.4`; `lua-openlit` (for `openlit` and `both`; or a fork of it) |',
    );
    const table = factLines(WITH_LUA, (path) =>
      path.startsWith('bootstrap/lua/') ? luaFile(path) : readFileSync(join(ROOT, path), 'utf8'),
    );
    expect(table).toContain('| Lua | moon is up | `moon up with {backend}, and more` | `openinference` `openlit` `both` |');
    expect(table).toContain('| Python | setup complete, DUAL MODE | `setup complete, DUAL MODE` | `both` |');
  });

  it('mounts its files and sets its variables, and those of no other', () => {
    const decision = decide(asking());
    const { env, mounts } = held(afterWrite(asking(), decision));
    expect(mounts).toEqual({ '/duotel/pricing': 'duotel-pricing', '/duotel/lua': 'duotel-lua' });
    expect(env).toMatchObject({
      OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
      DUOTEL_CAPTURE_CONTENT: 'false',
      DUOTEL_LUA: 'on',
      LUA_PATH: '/duotel/lua',
      LUA_OPTIONS: '-l duotel',
    });
    expect(env).not.toHaveProperty('PYTHONPATH');
    expect(decision).toMatchObject({ action: 'inject', record: { bootstrap: 'lua' } });
    expect(decision.action === 'inject' ? decision.needs.at(-1) : undefined).toMatchObject({
      metadata: { name: expect.stringMatching(/^duotel-lua-[0-9a-f]{10}$/), labels: { 'duotel.io/files': 'duotel-lua' } },
      data: { 'duotel.lua': luaFile('bootstrap/lua/duotel.lua'), 'duotel--log.lua': luaFile('bootstrap/lua/duotel/log.lua') },
    });
  });

  it('is named in what is said of the environment, by its variables', () => {
    const notes = decide(asking({ containers: [{ envFrom: [{ configMapRef: { name: 'x' } }] }] })).outcome?.notes ?? [];
    expect(notes.map(({ reason }) => reason)).toEqual(['EnvFromNotRead', 'ImageEnvNotRead', 'ImageEnvNotRead']);
    expect(notes[0]?.message).toContain(
      '. To keep a LUA_PATH in it, name it under env with ;/duotel/lua appended. To keep a LUA_OPTIONS in it, name it under env with " -l duotel" appended',
    );
    expect(notes.slice(1).map(({ message }) => message.split(' ')[0])).toEqual(['LUA_PATH', 'LUA_OPTIONS']);
  });

  it.each([
    ['LUA_PATH', '/app;/lib', '/duotel/lua: append ;/duotel/lua to it, or set duotel.io/bootstrap to none'],
    ['LUA_OPTIONS', '-l duotels', '-l duotel: append " -l duotel" to it, or set duotel.io/bootstrap to none'],
  ])('is refused where the user sets %s to %s, and says what to append', (name, value, advice) => {
    const { outcome } = decide(asking({ containers: [{ env: [{ name, value }] }] }));
    expect(outcome?.reason).toBe('StartupPathOwnedByUser');
    expect(outcome?.message).toBe(`container app sets ${name} itself, without ${advice}`);
  });

  it('leaves a variable of the user as it is, with a note where it is one that only the bootstrap reads', () => {
    const theirs = { LUA_PATH: '/app;/duotel/lua/', LUA_OPTIONS: '-W -lduotel', DUOTEL_LUA: 'off' };
    const object = asking({ containers: [{ env: Object.entries(theirs).map(([name, value]) => ({ name, value })) }] });
    const decision = decide(object);
    expect(held(afterWrite(object, decision)).env).toMatchObject(theirs);
    expect(decision.outcome?.notes.filter(({ reason }) => reason === 'EnvOwnedByUser').map(({ message }) => message)).toEqual([
      'container app sets DUOTEL_LUA itself; left as it is',
    ]);
  });

  it('is taken back exactly, whatever else the workload has, also where its record is lost', () => {
    const languages = fc.constantFrom('lua', 'auto', 'python', 'none', null);
    let mounted = 0;
    const property = fc.property(userWorkload, asked, languages, languages, fc.boolean(), (drawn, wishes, first, second, isLost) => {
      const original = withLuaNames(drawn);
      let object = original;
      for (const language of [first, second]) {
        object = annotate(object, { ...wishes, 'duotel.io/backend': 'both', 'duotel.io/bootstrap': language });
        object = afterWrite(object, decide(object));
        expect(decide(object).action).toBe('none');
      }
      if (JSON.stringify(object).includes('"duotel-lua"')) mounted += 1;
      // A name that is in no annotation any more can not be told from one of the user.
      object = annotate(object, { ...OFF, ...(isLost && wishes['duotel.io/service-name'] === null ? { 'duotel.io/injected': null } : {}) });
      object = afterWrite(object, decide(object));
      expect(podTemplate(object)).toEqual(podTemplate(original));
      expect(decide(object).action).toBe('none');
    });
    fc.assert(property, { numRuns: 300, seed: 20261122 });
    expect(mounted).toBeGreaterThan(20);
  });

  it('has a volume that is told from those of the user', () => {
    const once = afterWrite(asking(), decide(asking()));
    const { spec } = podTemplate(once) ?? { spec: { containers: [] } };
    const [app] = spec.containers;
    const changed = (containers: readonly object[], annotations: Readonly<Record<string, string>>): Decision =>
      decide(annotate({ ...once, spec: { template: { spec: { ...spec, containers } } } }, annotations));
    // A container that mounts nothing would be exposed, if the volume were the user's.
    expect(changed([app ?? {}, { name: 'web' }], { 'duotel.io/containers': '*' }).outcome?.reason).toBe('Injected');
    const rest = app?.volumeMounts?.filter(({ name }) => name !== 'duotel-lua');
    expect(changed([{ ...app, volumeMounts: rest }], { 'duotel.io/bootstrap': 'luas' }).action).toBe('status');
    const nested = (name: string): KubeObject => asking({ containers: [{ volumeMounts: [{ name, mountPath: '/duotel/lua/x' }] }] });
    expect(decide(nested('mine')).outcome?.reason).toBe('MountPathOwnedByUser');
    expect(decide(nested('duotel-lua')).outcome?.reason).toBe('Injected');
  });

  it('is found in the template again where its record is lost and it is asked for still', () => {
    const lost = annotate(afterWrite(asking(), decide(asking())), { 'duotel.io/injected': null });
    expect(decide(lost)).toMatchObject({ action: 'status', outcome: { reason: 'Injected' } });
    const off = annotate(afterWrite(lost, decide(lost)), OFF);
    expect(podTemplate(afterWrite(off, decide(off)))).toEqual(podTemplate(asking()));
  });

  it('goes with the first in `auto`, but for the timeout, which the two read in different units', () => {
    const object = asking({}, { 'duotel.io/bootstrap': 'auto' });
    const { env, mounts } = held(afterWrite(object, decide(object)));
    expect(Object.keys(mounts)).toEqual(['/duotel/pricing', '/duotel/python', '/duotel/lua']);
    expect(env).toMatchObject({ PYTHONPATH: '/duotel/python', LUA_PATH: '/duotel/lua', LUA_OPTIONS: '-l duotel' });
    expect(env).not.toHaveProperty('OTEL_EXPORTER_OTLP_TIMEOUT');
  });

  it('is left out of `auto` where it would trouble another', () => {
    expect(bootstrapValues([...RUNTIMES, { ...LUA, harmlessElsewhere: false }])).toEqual(['none', 'python', 'nodejs', 'lua']);
  });

  it('is explained, variable by variable', () => {
    const [container] = explainWorkload({ ...input(asking(), { stacks: [CONFIG] }), runtimes: WITH_LUA }).containers;
    expect(container?.variables.filter(({ name }) => name.startsWith('LUA_'))).toMatchObject([
      { name: 'LUA_PATH', value: '/duotel/lua', owner: 'operator', state: 'to be set', why: 'Lua finds duotel.lua here' },
      { name: 'LUA_OPTIONS', value: '-l duotel', owner: 'operator', state: 'to be set', why: 'Lua loads duotel.lua at start' },
    ]);
    expect(container?.mounts.map(({ path }) => path)).toContain('/duotel/lua');
  });

  it('is in the plan of a cluster', async () => {
    const object = workload();
    const api = { ...listingApi([namespaceObject(), object]), patch: async () => object };
    const survey = {
      workloads: [object],
      namespaces: new Map([['shop', namespaceObject()]]),
      stacks: [{ config: CONFIG, suspended: false }],
      assumedStack: false,
    };
    expect(await previewCluster(api, survey, { annotate: ASKS, runtimes: WITH_LUA })).toMatchObject([
      {
        action: 'inject',
        reason: 'Injected',
        configMaps: [expect.stringMatching(/^duotel-pricing-/), expect.stringMatching(/^duotel-lua-/)],
      },
    ]);
  });

  it('is written into manifests, and out of them again', () => {
    const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: demo}
spec: {template: {spec: {containers: [{name: app, image: "app:1"}]}}} # ours
`;
    const run = (before: string, annotations: Readonly<Record<string, string>>, revert: boolean): string =>
      injectManifests({
        files: [{ name: 'app.yaml', text: before }],
        stacks: [CONFIG],
        runtimes: WITH_LUA,
        request: () => ({ annotate: annotations, revert }),
      }).files[0]?.after ?? '';
    const written = run(text, ASKS, false);
    expect(written).toMatch(/LUA_PATH[\s\S]*duotel-lua/);
    expect(run(written, {}, true)).toBe(text);
  });

  it('has its lines looked for in the log, and the line shown that says why one is missing', () => {
    const lua = injected({ bootstrap: 'lua' });
    const log = 'duotel[7]: moon up with both, and more\nduotel[7]: new moon: no tides\n';
    expect(logChecks(lua, [{ pod: 'a', text: log }], WITH_LUA)).toMatchObject([
      { what: 'my-rag: moon is up', state: 'ok', found: 'moon up with both, and more' },
      { what: 'my-rag: both moons', state: 'failed', hint: 'new moon: no tides' },
    ]);
    const other = 'duotel[7]: two moons up\nduotel[7]: moon up with both';
    expect(logChecks(lua, [{ pod: 'a', text: other }], WITH_LUA).map(({ state }) => state)).toEqual(['ok', 'ok']);
    expect(logChecks(lua, [{ pod: 'a', text: other }])).toMatchObject([{ state: 'info' }]);
  });

  it('is told by its log where the annotation is `auto`', () => {
    const log = 'duotel[7]: moon up with both\nduotel[7]: both moons up (really)';
    const checks = logChecks(injected({ bootstrap: 'auto' }), [{ pod: 'a', text: log }], WITH_LUA);
    expect(checks.map(({ what, state }) => `${state} ${what}`)).toEqual(['ok my-rag: moon is up', 'ok my-rag: both moons']);
  });
});

/** The same workload where two variables of the user are called as those that Lua extends, and no mount is in the way of ours. */
function withLuaNames(object: KubeObject): KubeObject {
  const names = { B: 'LUA_PATH', C: 'LUA_OPTIONS' } as const;
  const text = JSON.stringify(object).replaceAll(/(name\\*":\\*")([BC])(\\*")/g, (_, before: string, name: 'B' | 'C', rest: string) => {
    return `${before}${names[name]}${rest}`;
  });
  return JSON.parse(text.replaceAll('"/duotel', '"/srv').replaceAll('\\"/duotel', '\\"/srv'));
}
