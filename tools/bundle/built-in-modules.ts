import { builtinModules } from 'node:module';
import type { Plugin } from 'esbuild';

/**
 * Takes Node's own modules by `process.getBuiltinModule`. An import reads each of their exports, also those that load what nobody uses:
 * `WebSocket` of node:http all of fetch, `webcrypto` of node:crypto an implementation of its own, `rootCertificates` of node:tls each one.
 */
export const builtInModules: Plugin = {
  name: 'built-in modules',
  setup({ onLoad, onResolve }) {
    const names = new Set(builtinModules);
    onResolve({ filter: /^[a-z0-9_:/]+$/ }, ({ path }) => {
      const name = path.replace(/^node:/, '');
      // The banner needs this one before there is anything else.
      return names.has(name) && name !== 'module' ? { path: name, namespace: 'built-in' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'built-in' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})`,
    }));
  },
};
