import type { Plugin } from 'esbuild';

/** Leaves out of libraries what we never call and would load. */
export const lessOfLibraries: Plugin = {
  name: 'less of libraries',
  setup({ onLoad, onResolve }) {
    // KubeConfig is all we use of client-node; its 3 MB of generated models would be loaded and never called.
    onLoad({ filter: /client-node\/dist\/gen\/index\.js$/ }, () => ({
      contents: 'export const createConfiguration = undefined; export class ServerConfiguration {}',
    }));
    // Importing this module of Node's reads each of its exports, and one of them, WebSocket, loads all of fetch: 3 MB that nobody uses.
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'http', namespace: 'built-in' }));
    onLoad({ filter: /^http$/, namespace: 'built-in' }, () => ({ contents: "module.exports = process.getBuiltinModule('http')" }));
  },
};
