import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAllDocuments, stringify } from 'yaml';
import type { KubeObject } from '../../../api/kube-object.ts';
import { documentsOf, type InjectedManifests, injectManifests } from '../../../src/manifests/inject-manifests.ts';
import { asked, userWorkload } from '../../support/workloads/arbitrary-workload.ts';
import { stack } from '../../support/workloads/injection.ts';

const APP = `# The app.
---
apiVersion: v1
kind: Service   # not ours
metadata: {name: "s", namespace: demo}
---
# the deployment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: app    # its name
  namespace: demo
  annotations:
    duotel.io/backend: 'both'
    # why
    duotel.io/bootstrap: "python"
spec:
  template:
    spec:
      containers:

      # the first
      - name: app
        image: &image "app:1"   # pinned
        env:
        # about A
        - name: A
          value: >-
            folded
            text

        - {name: B, value: *image}
      # behind it
      restartPolicy: Always
`;

interface Run {
  readonly revert?: boolean;
  readonly annotate?: Readonly<Record<string, string>>;
  readonly namespace?: string;
}

function run(text: string, { revert = false, annotate = {}, namespace }: Run = {}): InjectedManifests {
  return injectManifests({
    files: [{ name: 'app.yaml', text }],
    stacks: [stack()],
    request: ({ kind }) => ({ annotate: kind === 'Deployment' ? annotate : {}, revert }),
    ...(namespace !== undefined && { namespace }),
  });
}
/** The containers of a Deployment that asks, as written. */
const withContainers = (text: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: app, namespace: demo, annotations: {duotel.io/backend: both, duotel.io/bootstrap: python, }}
spec: {template: {spec: {${text}}}}
`;
const textOf = (result: InjectedManifests): string => result.files[0]?.after ?? '';
const inject = (text: string, options: Run = {}): string => textOf(run(text, options));
const objects = (text: string): readonly KubeObject[] => {
  const documents = parseAllDocuments(text, { merge: true });
  return Array.isArray(documents) ? documents.map((document) => document.toJS()) : [];
};

/** Lines of `text` that are not in `before`, in order, or undefined when a line of `before` is missing. */
function addedLines(before: string, text: string): readonly string[] | undefined {
  const rest = before.split('\n');
  const added = text.split('\n').filter((line) => {
    if (line !== rest[0]) return true;
    rest.shift();
    return false;
  });
  return rest.length === 0 ? added : undefined;
}

describe('a manifest in Git', () => {
  it('keeps every line that it had, in its order, and gets lines of ours only', () => {
    const added = addedLines(APP, inject(APP));
    expect(added).toBeDefined();
    expect(added?.join('\n')).toContain('- name: OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(added?.filter((line) => line.includes('#'))).toEqual([]);
  });

  it.each(['apps/v1\nkind: Deployment', 'argoproj.io/v1alpha1\nkind: Rollout'])(
    'keeps its lines without a value and the comments behind them (%s)',
    (kind) => {
      const text = `apiVersion: ${kind}
metadata:
  name: app
  namespace: demo
  labels:
  annotations:
    duotel.io/backend: both
spec:
  template:
    spec:
      containers:
      - name: app
        command:
        image: app:1
        env:
        - name: A
          value:
        volumeMounts: # none yet
        ports:
`;
      const once = inject(text);
      expect(addedLines(text, once)).not.toBeUndefined();
      expect(inject(once)).toBe(once);
      expect(inject(once, { revert: true })).toBe(text.replace('        volumeMounts: # none yet\n', ''));
    },
  );

  it('is the same after a second run, and the former bytes after a revert', () => {
    const once = inject(APP);
    expect(once).not.toBe(APP);
    expect(inject(once)).toBe(once);
    expect(inject(once, { revert: true })).toBe(APP);
  });

  it.each([
    ['without a line break at its end', APP.trimEnd()],
    ['with the line ends of Windows', APP.replaceAll('\n', '\r\n')],
    ['as JSON on one line', JSON.stringify(objects(APP)[1])],
    ['as JSON on many lines', `${JSON.stringify(objects(APP)[1], null, 2)}\n`],
    ['as a List', stringify({ apiVersion: 'v1', kind: 'List', items: objects(APP).filter(Boolean) })],
    ['with lists that stand further right', stringify(objects(APP)[1], { indentSeq: true })],
    ['with lists under their key', stringify(objects(APP)[1], { indentSeq: false })],
    ['with a comma behind the last item', withContainers('containers: [{name: app, env: [{name: A, value: a}, ]}, ]')],
    [
      'with a comma on a line of its own',
      withContainers('containers: [{name: app, env: [\n    {name: A, value: a},\n    {name: B, value: b}\n    ,\n  ], }]'),
    ],
  ])('%s comes back byte for byte too', (_, text) => {
    const once = inject(text);
    expect(once).not.toBe(text);
    expect(inject(once)).toBe(once);
    expect(inject(once, { revert: true })).toBe(text);
  });

  it('gets an annotation from a flag, and loses it again with the rest', () => {
    const plain = APP.replace(/ {2}annotations:\n(.*\n){3}/, '');
    expect(run(plain).results).toEqual([]);
    const once = inject(plain, { annotate: { 'duotel.io/backend': 'openlit' } });
    expect(objects(once)[1]?.metadata.annotations?.['duotel.io/backend']).toBe('openlit');
    expect(inject(once)).toBe(once);
    expect(inject(once, { revert: true })).toBe(plain);
  });

  it('changes its mode in place, and still comes back', () => {
    const once = inject(inject(APP), { annotate: { 'duotel.io/backend': 'openinference' } });
    expect(once).toContain('value: openinference');
    expect(once).not.toContain('OPENLIT_PRICING_JSON');
    expect(inject(inject(once, { annotate: { 'duotel.io/backend': 'both' } }), { revert: true })).toBe(APP.replace("'both'", 'both'));
  });

  it('keeps what its owner changed since', () => {
    const once = inject(APP).replace('value: "15000"', 'value: "20000"');
    expect(inject(once, { revert: true })).toContain('value: "20000"');
    expect(run(once).results[0]?.outcome.notes.map(({ reason }) => reason)).toContain('EnvOwnedByUser');
  });

  it('takes the default of a Namespace in the same input', () => {
    const plain = APP.replace(/ {2}annotations:\n(.*\n){3}/, '');
    const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: demo, annotations: {duotel.io/backend: both}}\n---\n';
    const once = inject(namespace + plain);
    expect(once).toContain('OPENLIT_PRICING_JSON');
    expect(inject(once, { revert: true })).toBe(namespace + plain);
  });

  it('brings the ConfigMaps that its pods mount, once, and takes them out', () => {
    const result = run(APP);
    const complete = textOf(result) + documentsOf(result.needs);
    expect(result.needs.map(({ kind }) => kind)).toEqual(['ConfigMap', 'ConfigMap']);
    expect(run(complete).needs).toEqual([]);
    expect(inject(complete)).toBe(complete);
    expect(inject(complete, { revert: true })).toBe(APP);
  });

  it('keeps the ConfigMaps that its pods mount while it is paused or refused', () => {
    const result = run(APP);
    const complete = textOf(result) + documentsOf(result.needs);
    for (const [from, to] of [
      ['spec:\n  template', 'spec:\n  paused: true\n  template'],
      ["'both'", "'bothh'"],
    ] as const) {
      const hindered = complete.replace(from, to);
      expect(hindered).not.toBe(complete);
      expect(inject(hindered)).toBe(hindered);
    }
  });

  it('leaves the ConfigMaps of others where they are', () => {
    const others = documentsOf(run(APP.replaceAll('namespace: demo', 'namespace: other')).needs);
    const result = run(APP + others);
    expect(textOf(result)).toContain(others);
    expect(result.needs.map(({ metadata }) => metadata.namespace)).toEqual(['demo', 'demo']);
    expect(inject(textOf(result) + documentsOf(result.needs), { revert: true })).toBe(APP + others);
  });

  it('that has nothing to do with us stays as it is, however odd', () => {
    const odd = `# c\nfoo: [1,\n  2]   # c\n---\n\n---\nkind: Deployment\n---\n- a\n--- \napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {spec: {containers: [{name: a, env: [{name: A, value: 1}]}]}}}\n`;
    expect(inject(odd)).toBe(odd);
  });

  it.each([
    ['is no YAML', `${APP}---\na: [`, /^app\.yaml:37: is not YAML/],
    [
      'has an annotation that is no text',
      APP.replace("'both'", 'true'),
      /^app\.yaml:14: Deployment\/demo\/app: annotation duotel\.io\/backend is true/,
    ],
    ['has a container without a name', APP.replace('- name: app\n        image', '- image'), /containers\[0\] has no name/],
    [
      'has no namespace',
      APP.replace('  namespace: demo\n', ''),
      /^app\.yaml:8: Deployment\/app: metadata\.namespace is not set.*--namespace/,
    ],
    [
      'has its container elsewhere',
      APP.replace('containers:\n\n', 'initContainers: &c\n').replace('      # behind it', '      containers: *c'),
      /^app\.yaml:\d+: Deployment\/demo\/app: \*c stands for a text elsewhere/,
    ],
  ])('that %s is refused with file, line and object', (_, text, message) => {
    expect(() => run(text)).toThrow(message);
  });

  it('that is blocked stays as it is, and says why', () => {
    const two = APP.replace('      # behind it', '      - {name: second, image: x}\n      # behind it');
    const result = run(two);
    expect(textOf(result)).toBe(two);
    expect(result.results).toMatchObject([{ line: 8, changed: false, outcome: { reason: 'AmbiguousContainer' } }]);
  });

  it('of any workload and any annotations is idempotent, and comes back byte for byte', () => {
    const written = fc.record({ workload: userWorkload, asked, flow: fc.boolean(), indentSeq: fc.boolean(), json: fc.boolean() });
    fc.assert(
      fc.property(written, ({ workload, asked: wanted, flow, indentSeq, json }) => {
        const given = Object.entries<string | null>(wanted).filter((entry): entry is [string, string] => entry[1] !== null);
        const { managedFields: _, resourceVersion: __, ...metadata } = workload.metadata;
        const object = { ...workload, metadata: { ...metadata, annotations: { note: 'mine', ...Object.fromEntries(given) } } };
        const text = json ? JSON.stringify(object) : stringify(object, flow ? { collectionStyle: 'flow' } : { indentSeq });
        const once = inject(text);
        expect(inject(once)).toBe(once);
        expect(inject(once, { revert: true })).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a manifest that the API server would refuse', () => {
  const line = (text: string): number => text.split('\n').findIndex((one) => one.includes('# here')) + 1;
  it.each([
    [
      'volumes that are a map',
      APP.replace('      restartPolicy: Always', '      volumes: {} # here'),
      'spec.template.spec.volumes is no list',
    ],
    [
      'a mount that is null',
      APP.replace('        env:', '        volumeMounts: [null] # here\n        env:'),
      'spec.template.spec.containers[0].volumeMounts[0] has no name',
    ],
    ['a namespace that is a number', APP.replace('  namespace: demo\n', '  namespace: 5 # here\n'), 'metadata.namespace is 5'],
  ])('is refused for %s, with its file and line', (_, text, message) => {
    expect(() => run(text, { namespace: 'demo' })).toThrow(`app.yaml:${line(text)}: `);
    expect(() => run(text, { namespace: 'demo' })).toThrow(message);
  });
});
