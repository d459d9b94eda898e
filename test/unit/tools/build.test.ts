import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { BINARIES, BINARY_NAMES, binariesOf, MODULES, type ModuleName, TIERS } from '../../../tools/build/binaries.ts';
import { isDownloadFailure } from '../../../tools/build/binary.ts';
import { findToolchain, isRecentEnough } from '../../../tools/build/go-toolchain.ts';
import { candidates } from '../../../tools/build/installed.ts';
import { parseTiers } from '../../../tools/build/main.ts';
import { type ModuleInput, moduleFolder, moduleKey, readModuleInput } from '../../../tools/build/module-key.ts';

const input: ModuleInput = {
  flags: { tags: 'a', ldflags: '-s' },
  toolchain: 'go1.26.8 linux/amd64',
  files: { 'go.mod': 'm', 'main.go': 'x' },
};

describe('the key of a built module', () => {
  it('does not depend on the order in which the files were read', () => {
    expect(moduleKey('otelcol', { ...input, files: { 'main.go': 'x', 'go.mod': 'm' } })).toBe(moduleKey('otelcol', input));
  });

  it.each<[string, ModuleInput]>([
    ['the Go version', { ...input, toolchain: 'go1.26.9 linux/amd64' }],
    ['the build tags', { ...input, flags: { tags: 'b', ldflags: '-s' } }],
    ['the linker flags', { ...input, flags: { tags: 'a', ldflags: '' } }],
    ['a source', { ...input, files: { 'go.mod': 'm', 'main.go': 'y' } }],
    ['the place where one file ends and the next begins', { ...input, files: { 'go.mod': 'mm', 'ain.go': 'x' } }],
  ])('changes with %s', (_, changed) => {
    expect(moduleKey('otelcol', changed)).not.toBe(moduleKey('otelcol', input));
  });

  it('covers go.mod and the sources of every module in the table', () => {
    for (const module of Object.keys(MODULES) as ModuleName[]) {
      expect(existsSync(join(moduleFolder(module), 'go.mod'))).toBe(true);
      expect(Object.keys(readModuleInput(module, 'go').files)).toContain('go.mod');
    }
  });
});

describe('the table of binaries', () => {
  it('puts every binary in one tier', () => {
    expect(TIERS.flatMap(binariesOf).toSorted()).toEqual([...BINARY_NAMES].toSorted());
  });

  it('names the Kubernetes release that the linker flags and the accepted installed binaries agree on', () => {
    const version = /gitVersion=(v\S+)/.exec(MODULES.kubernetes.ldflags)?.[1] ?? '';
    for (const name of ['kube-apiserver', 'kubectl', 'kubelet'] as const)
      expect(BINARIES[name].installed?.accepts.test(`Kubernetes ${version}`)).toBe(true);
    expect(BINARIES.kubectl.installed?.accepts.test('Client Version: v1.35.9')).toBe(false);
  });
});

describe('the Go toolchain', () => {
  it.each([
    ['go1.26.7', true],
    ['go1.26.8', true],
    ['go1.27', true],
    ['go2.0.0', true],
    ['go1.26.6', false],
    ['go1.26', false],
    ['go1.9.9', false],
    ['devel', false],
  ])('%s is recent enough: %s', (version, expected) => {
    expect(isRecentEnough(version)).toBe(expected);
  });

  it('is named with what to install when it is missing', async () => {
    await expect(findToolchain(['duotel-no-go'])).rejects.toThrow(/Go toolchain is missing.*install Go 1\.26\.7 or newer/s);
  });

  it('is asked again when a download failed, not when the code is wrong', () => {
    expect(isDownloadFailure('go: x@v1: Get "https://proxy.example/x": dial tcp: i/o timeout')).toBe(true);
    expect(isDownloadFailure('reading https://proxy.example/x.zip: 503 Service Unavailable')).toBe(true);
    expect(isDownloadFailure('./main.go:12:5: undefined: foo')).toBe(false);
    expect(isDownloadFailure('verifying x@v1: checksum mismatch')).toBe(false);
  });
});

describe('installed programs', () => {
  it('are looked for in KUBEBUILDER_ASSETS first, then along PATH', () => {
    expect(candidates('etcd', { KUBEBUILDER_ASSETS: '/assets', PATH: '/a::/b' })).toEqual(['/assets/etcd', '/a/etcd', '/b/etcd']);
  });
});

describe('the tiers of a command line', () => {
  it('are those that the tests of every change need when none is named', () => {
    expect(parseTiers([])).toEqual(['control', 'config', 'node']);
  });

  it('are refused by name when one is unknown', () => {
    expect(() => parseTiers(['control', 'nodes'])).toThrow(
      '"nodes" is no tier\n  tiers are control, config, node, scale, peers, checks, stores',
    );
  });
});
