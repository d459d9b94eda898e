import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { bootstrapValues, servedRuntimes } from '../../../../api/runtimes/choice.ts';
import { PYTHON } from '../../../../api/runtimes/python.ts';
import { RUNTIMES } from '../../../../api/runtimes/runtimes.ts';
import { ourMountPaths, ourVolumes } from '../../../../src/inject/wishes/config.ts';
import { WITH_LUA } from '../../../support/workloads/made-up-language.ts';

const ROOT = join(import.meta.dirname, '../../../..');

describe('a language of this release', () => {
  const NAMES = RUNTIMES.flatMap((runtime) => [
    ...["'", '"', '`'].map((quote) => `${quote}${runtime.id}${quote}`),
    `bootstrap/${runtime.id}`,
    ...servedRuntimes([runtime]).flatMap(({ mountPath, variables }) => [mountPath, ...variables.map(({ name }) => name)]),
  ]);

  it('is named in no source but its record: adding one changes no other', () => {
    // The catalogue of metrics has the names of OpenLIT's own SDKs.
    const sources = globSync(['api/**/*.ts', 'src/**/*.ts', 'charts/**/*.ts', 'bootstrap/*.ts', 'crds/*.yaml'], { cwd: ROOT });
    const others = sources.filter((path) => !path.startsWith('api/runtimes/') && !path.startsWith('api/metrics/'));
    const naming = others.filter((path) => NAMES.some((name) => readFileSync(join(ROOT, path), 'utf8').includes(name)));
    expect(others.length).toBeGreaterThan(200);
    expect(naming).toEqual([]);
  });

  it('shares no value, volume, mount or variable with another, nor with anything else of ours', () => {
    const served = servedRuntimes(WITH_LUA);
    const variables = served.flatMap((runtime) => runtime.variables.map(({ name }) => name));
    for (const names of [bootstrapValues(WITH_LUA), ourVolumes(WITH_LUA), ourMountPaths(WITH_LUA), variables]) {
      expect(names.length).toBeGreaterThan(served.length);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it('has its own part in what it sets, so that what was appended is recognised', () => {
    for (const { id, mountPath, variables } of servedRuntimes(WITH_LUA)) {
      expect(mountPath).toBe(`/duotel/${id}`);
      for (const variable of variables) {
        if (variable.kind === 'options') expect(variable.value).toMatch(variable.recognised);
        if (variable.kind === 'path') expect(variable.value).toBe(mountPath);
      }
    }
  });

  it('needs the OpenLIT that its bootstrap asks for', () => {
    const source = readFileSync(join(ROOT, 'bootstrap/python/duotel_bootstrap/openlit_producer.py'), 'utf8');
    const [, major, minor] = /^MINIMUM = \((\d+), (\d+)\)$/m.exec(source) ?? [];
    expect(PYTHON.needs.find(({ name }) => name === 'openlit')?.versions).toBe(`>=${major}.${minor}`);
  });
});
