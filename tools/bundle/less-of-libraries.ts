import type { Plugin } from 'esbuild';

/** Leaves out of libraries what no program of ours calls and each would load. */
export function lessOfLibraries(root: string): Plugin {
  return {
    name: 'less of libraries',
    setup({ onLoad, onResolve }) {
      // Of packages whose index loads all that they have, the parts that we use.
      onResolve({ filter: /^(cdk8s|prom-client|undici)$/ }, ({ path }) => ({ path, namespace: 'parts' }));
      onLoad({ filter: /./, namespace: 'parts' }, ({ path }) => ({ contents: PARTS[path as keyof typeof PARTS], resolveDir: root }));
      for (const [filter, contents] of NEVER_CALLED) onLoad({ filter }, () => ({ contents }));
    },
  };
}

const PARTS = {
  cdk8s: "Object.assign(exports, require('cdk8s/lib/api-object.js'), require('cdk8s/lib/app.js'), require('cdk8s/lib/chart.js'));",
  'prom-client': `
    Object.assign(exports, { Registry: require('prom-client/lib/registry.js'), Counter: require('prom-client/lib/counter.js') });
    Object.assign(exports, { Gauge: require('prom-client/lib/gauge.js'), Histogram: require('prom-client/lib/histogram.js') });`,
  undici: `
    const Dispatcher = require('undici/lib/dispatcher/dispatcher.js');
    Dispatcher.prototype.request = require('undici/lib/api/api-request.js');
    exports.Agent = require('undici/lib/dispatcher/agent.js');
    exports.ProxyAgent = class { constructor() { ${refusal('a proxy for HTTP')} } };`,
} as const;

const NEVER_CALLED: readonly (readonly [file: RegExp, contents: string])[] = [
  // KubeConfig is all we use of client-node: no class of its 3 MB of generated ones.
  [/client-node\/dist\/gen\/index\.js$/, 'export const createConfiguration = undefined; export class ServerConfiguration {}'],
  // Objects are taken from charts as they are; nothing is written to files.
  [/cdk8s\/lib\/yaml\.js$/, `exports.Yaml = { save() { ${refusal('YAML of cdk8s')} }, stringify() { ${refusal('YAML of cdk8s')} } };`],
  // HTTP/2, bodies that are no text, and a second parser that takes an environment variable.
  [/undici\/lib\/dispatcher\/client-h2\.js$/, `module.exports = () => { ${refusal('HTTP/2')} };`],
  [/undici\/lib\/web\/.*\.js$/, `module.exports = { get extractBody() { ${refusal('fetch')} }, get webidl() { ${refusal('fetch')} } };`],
  [/undici\/lib\/milo\/.*\.js$/, `exports.setup = () => { ${refusal('milo')} };`],
];

function refusal(what: string): string {
  return `throw new Error(${JSON.stringify(`${what} is not in this bundle: see tools/bundle/less-of-libraries.ts`)});`;
}
