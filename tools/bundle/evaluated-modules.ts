import { relative } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * Modules of which a bundle carries what they return instead of what they are, and so none of the libraries that only they need. All that
 * they export are functions without parameters whose results are JSON and depend on nothing but the repository.
 */
const EVALUATED: Readonly<Record<string, () => Promise<Readonly<Record<string, () => unknown>>>>> = {
  'api/stack-defaults.ts': () => import('../../api/stack-defaults.ts'),
  'api/telemetry-stack-crd.ts': () => import('../../api/telemetry-stack-crd.ts'),
  'charts/dashboards/files.ts': () => import('../../charts/dashboards/files.ts'),
};

export function evaluatedModules(root: string): Plugin {
  return {
    name: 'evaluated modules',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const load = EVALUATED[relative(root, path)];
        return (
          load && {
            contents: Object.entries(await load())
              .map(evaluated)
              .join('\n'),
          }
        );
      });
    },
  };
}

function evaluated([name, make]: readonly [string, () => unknown]): string {
  return `const ${name}Result = ${JSON.stringify(make())};\nexport function ${name}() { return ${name}Result; }`;
}
