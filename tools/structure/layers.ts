/** A folder, and the only folders and files that what is in it may import from besides itself. */
export interface Layer {
  readonly folder: string;
  readonly imports: readonly string[];
}

const layer = (folder: string, ...imports: readonly string[]): Layer => ({ folder, imports });

/** The house from the ground up; CONTRIBUTING.md says what each folder holds. A layer inside another has rules of its own. */
export const LAYERS: readonly Layer[] = [
  layer('imports'),
  layer('api', 'imports'),
  layer('bootstrap', 'api'),
  layer('charts', 'api'),
  layer('src/kube', 'api'),
  layer('src/apply', 'api', 'src/kube'),
  layer('src/inject', 'api', 'bootstrap', 'src/kube'),
  // Of api/ only what every Kubernetes object is: the machinery of controllers would serve any operator.
  layer('src/controller', 'api/kube-object.ts', 'src/kube'),
  layer('src/stacks', 'api', 'src/kube', 'src/apply', 'src/controller'),
  layer('src/workloads', 'api', 'src/kube', 'src/inject', 'src/controller'),
  layer('src/operator', 'api', 'charts', 'src/kube', 'src/inject', 'src/controller', 'src/stacks', 'src/workloads'),
  layer('src/survey', 'api', 'src/kube', 'src/inject'),
  layer('src/manifests', 'api', 'src/inject'),
  layer('src/preview', 'api', 'src/kube', 'src/inject', 'src/survey'),
  layer('src/explain', 'api', 'src/kube', 'src/inject', 'src/survey'),
  layer('src/verify', 'api', 'src/kube', 'src/inject', 'src/survey'),
  layer('src/uninstall', 'api', 'src/kube', 'src/inject', 'src/survey'),
  layer(
    'src/cli',
    'api',
    'src/kube',
    'src/inject',
    'src/survey',
    'src/manifests',
    'src/preview',
    'src/explain',
    'src/verify',
    'src/uninstall',
    'src/operator',
  ),
  layer('tools', 'api', 'bootstrap', 'charts', 'src'),
  layer('test', 'api', 'bootstrap', 'charts', 'src', 'imports', 'tools', 'bench'),
  layer('bench', 'api', 'bootstrap', 'charts', 'src', 'imports', 'tools', 'test/support'),
];
