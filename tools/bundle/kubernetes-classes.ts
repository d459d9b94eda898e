import { readFileSync } from 'node:fs';
import type { Plugin } from 'esbuild';

/**
 * cdk8s-plus has a class for each kind of Kubernetes and a function for each type in one CommonJS file, of which a bundle would hold, and
 * a program make at its start, all of a thousand; the charts use a dozen. Written as an ES module, unused ones fall out.
 */
export const kubernetesClasses: Plugin = {
  name: 'Kubernetes classes',
  setup({ onLoad }) {
    onLoad({ filter: /cdk8s-plus-28\/lib\/imports\/k8s\.js$/ }, ({ path }) => ({ contents: asModule(readFileSync(path, 'utf8')) }));
  },
};

/** What the generator writes around its classes and functions, and what of it is left. */
const REWRITES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^\/\/# sourceMappingURL=.*$/gm, ''],
  [/^Object\.defineProperty\(exports, "__esModule".*$/gm, ''],
  [/^exports\.\w+ = exports\.\w+ = .* = void 0;$/gm, ''],
  [/^const cdk8s_1 = require\("cdk8s"\);$/gm, "import { ApiObject } from 'cdk8s';"],
  [/\bcdk8s_1\.ApiObject\b/g, 'ApiObject'],
  [/^exports\.(\w+) = \1;$/gm, 'export { $1 };'],
  [/^\}\)\((\w+) = exports\.\1 \|\| \(exports\.\1 = \{\}\)\);$/gm, '})($1 || ($1 = {}));\nexport { $1 };'],
  // jsii's names, for programs in other languages.
  [/^var _a, .*;$/gm, ''],
  [/^const JSII_RTTI_SYMBOL_1 = .*$/gm, ''],
  [/^_\w+ = JSII_RTTI_SYMBOL_1;$/gm, ''],
  [/^\w+\[_\w+\] = \{ fqn: .* \};$/gm, ''],
  // A field of a class that is set from outside keeps the class.
  [/^(\w+)\.GVK = \{$/gm, 'const $1GVK = {'],
  [/\.\.\.(\w+)\.GVK,/g, '...$1GVK,'],
];

/** @throws Error when the file is not as the generator wrote it so far: what is left of CommonJS would fail where it is run. */
function asModule(text: string): string {
  const module = REWRITES.reduce((all, [pattern, replacement]) => all.replace(pattern, replacement), text);
  const left = /^.*(?:\bexports\b|\brequire\(|\bcdk8s_1\b|\bJSII_|\.GVK\b).*$/m.exec(module);
  if (left !== null)
    throw new Error(`k8s.js of cdk8s-plus has a line that tools/bundle/kubernetes-classes.ts does not know: ${left[0].slice(0, 200)}`);
  return module;
}
