import type { Runtime, ServedRuntime } from '../../../api/runtimes/runtime.ts';
import { RUNTIMES } from '../../../api/runtimes/runtimes.ts';
import { type InjectionAssets, injectionAssets } from '../../../src/inject/wishes/assets.ts';

/** A language that no line of the program knows, with a variable of each kind. Lua has no such options and no such bootstrap. */
export const LUA: ServedRuntime = {
  id: 'lua',
  title: 'Lua',
  served: true,
  mountPath: '/duotel/lua',
  files: ['duotel.lua', 'duotel/log.lua'],
  variables: [
    { kind: 'set', name: 'DUOTEL_LUA', value: 'on', why: 'the bootstrap is silent without it' },
    { kind: 'path', name: 'LUA_PATH', value: '/duotel/lua', separator: ';', why: 'Lua finds duotel.lua here' },
    {
      kind: 'options',
      name: 'LUA_OPTIONS',
      value: '-l duotel',
      recognised: /(^|\s)-l\s*duotel(\s|$)/,
      why: 'Lua loads duotel.lua at start',
    },
  ],
  timeoutUnit: 'milliseconds',
  harmlessElsewhere: true,
  needs: [
    { name: 'lua', versions: '>=5.4' },
    { name: 'lua-openlit', modes: ['openlit', 'both'], note: 'or a fork of it' },
  ],
  log: {
    facts: [
      { fact: 'moon is up', lines: ['moon up with {backend}'], modes: ['openinference', 'openlit', 'both'] },
      { fact: 'both moons', lines: ['both moons up (really)', 'two moons up'], modes: ['both'] },
    ],
    trouble: ['new moon'],
  },
};

/** The languages of this release, and the one that is made up. */
export const WITH_LUA: readonly Runtime[] = [...RUNTIMES, LUA];

/** What stands in a file of its bootstrap. */
export function luaFile(asset: string): string {
  return `-- ${asset}\nsay('moon up with {backend}, and more')\n`;
}

/** The files of all these languages. */
export const SECOND_ASSETS: InjectionAssets = injectionAssets(WITH_LUA, luaFile);
