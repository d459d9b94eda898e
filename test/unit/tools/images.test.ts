import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { findAptMirror } from '../../../tools/images/apt-mirror.ts';
import { archiveEntries } from '../../../tools/images/archive.ts';
import { dockerfileConfig } from '../../../tools/images/dockerfile-config.ts';
import { parseLdd } from '../../../tools/images/node-layer.ts';
import { splitRequirements } from '../../../tools/images/split-requirements.ts';
import { OPENLIT_RELEASES, openLitRequirements } from '../../support/openlit/openlit-versions.ts';

describe('the mirror for the Debian base', () => {
  it('is the one whose deb822 entry serves the release itself, not a third party and not its security updates', () => {
    const files = [
      { name: 'a.list', text: 'deb https://tools.example/apt tools-bookworm main\n# deb http://old.example/debian bookworm main\n' },
      { name: 'security.sources', text: 'Types: deb\nURIs: http://mirror.example/security\nSuites: bookworm-security\nComponents: main\n' },
      {
        name: 'debian.sources',
        text: 'Types: deb\n# a comment\nURIs: http://mirror.example/debian/\nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /k.gpg\n',
      },
    ];
    expect(findAptMirror(files, 'bookworm')).toEqual({ uri: 'http://mirror.example/debian', suite: 'bookworm' });
  });

  it('is found in a one-line entry with options, and not in a disabled one', () => {
    const list = {
      name: 'sources.list',
      text: 'deb-src http://m.example/ubuntu noble main\ndeb [arch=amd64 trusted=yes] http://m.example/ubuntu noble main universe\n',
    };
    const off = { name: 'off.sources', text: 'Enabled: no\nTypes: deb\nURIs: http://off.example/\nSuites: noble\nComponents: main\n' };
    expect(findAptMirror([off, list], 'noble')).toEqual({ uri: 'http://m.example/ubuntu', suite: 'noble' });
    expect(findAptMirror([off], 'noble')).toBeUndefined();
  });
});

describe('what an image runs', () => {
  it('is read from its Dockerfile', () => {
    const text =
      'FROM python:3.11-slim\nWORKDIR /app\nENV A=1 \\\n  B=2\nUSER 10001:10001\nENTRYPOINT ["python"]\nCMD ["app.py", "--port"]\n';
    expect(dockerfileConfig(text)).toEqual({
      WorkingDir: '/app',
      User: '10001:10001',
      Entrypoint: ['python'],
      Cmd: ['app.py', '--port'],
      Env: ['A=1', 'B=2'],
    });
  });

  it('is not guessed from a shell form', () => {
    expect(() => dockerfileConfig('CMD python app.py\n')).toThrow('only the JSON form');
  });

  it.each(['rag-python', 'fake-openai'])('is the non-root user 10001 in /app for examples/%s', (example) => {
    const config = dockerfileConfig(readFileSync(new URL(`../../../examples/${example}/Dockerfile`, import.meta.url), 'utf8'));
    expect(config).toMatchObject({ WorkingDir: '/app', User: '10001:10001' });
    expect(config.Entrypoint?.[0]).toBe('python');
  });
});

describe('an archive of images', () => {
  const layer = (digit: string) => ({ path: `/cache/${digit}`, size: 1, digest: digit.repeat(64) });

  it('has a shared layer once and names it in both images', () => {
    const entries = archiveEntries(
      [
        { reference: 'duotel.local/a:dev', config: { Cmd: ['a'] }, layers: [layer('1'), layer('2')] },
        { reference: 'duotel.local/b:dev', config: { Cmd: ['b'] }, layers: [layer('1'), layer('3')] },
      ],
      'x64',
    );
    const names = entries.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.endsWith('.tar'))).toHaveLength(3);
    const manifest = entries.find(({ name }) => name === 'manifest.json');
    expect(manifest?.type === 'file' && JSON.parse(String(manifest.content))).toMatchObject([
      { RepoTags: ['duotel.local/a:dev'], Layers: [`${'1'.repeat(64)}.tar`, `${'2'.repeat(64)}.tar`] },
      { RepoTags: ['duotel.local/b:dev'], Layers: [`${'1'.repeat(64)}.tar`, `${'3'.repeat(64)}.tar`] },
    ]);
  });
});

describe('the libraries of the node binary', () => {
  it('are the paths that ldd names, loader included and the kernel page left out', () => {
    const output =
      '\tlinux-vdso.so.1 (0x00007f)\n\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n';
    expect(parseLdd(output)).toEqual(['/lib/x86_64-linux-gnu/libm.so.6', '/lib64/ld-linux-x86-64.so.2']);
  });

  it('must all be there', () => {
    expect(() => parseLdd('\tlibatomic.so.1 => not found\n')).toThrow('libatomic.so.1');
  });
});

describe('requirements of several images', () => {
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');

  it('are split into the pins that all have, and what each has besides', () => {
    const split = splitRequirements(['# made by uv\na==1\nb==1\nc==1\n', 'b==1\na==1\nc==2', '\na==1\nb==1\nd==1\n']);
    expect(split).toEqual({ shared: 'a==1\nb==1\n', own: ['c==1\n', 'c==2\n', 'd==1\n'] });
  });

  it('have no package in both layers of an image, and lose none, for each OpenLIT that tests install', () => {
    const texts = OPENLIT_RELEASES.map(openLitRequirements);
    const { shared, own } = splitRequirements(texts);
    for (const [at, text] of texts.entries()) {
      const pins = [...lines(shared), ...lines(own[at] ?? '')];
      expect([...pins].sort()).toEqual(
        lines(text)
          .filter((line) => !/^\s*#/.test(line))
          .sort(),
      );
      expect(new Set(pins.map((pin) => pin.split('==')[0])).size).toBe(pins.length);
    }
    // What makes the images cheap.
    expect(lines(shared).length).toBeGreaterThan(100);
  });
});
