import { describe, expect, it } from '@jest/globals';
import { nearest } from '../../../api/nearest.ts';
import { releasePatch } from '../../../src/inject/change/release.ts';
import { decideWorkload } from '../../../src/inject/decision/decide-workload.ts';
import { formatRecord, type InjectionRecord, readRecord } from '../../../src/inject/record/record.ts';
import { chooseStack } from '../../../src/inject/wishes/stack-choice.ts';
import { targetContainers } from '../../../src/inject/wishes/target-containers.ts';
import { literal, references } from '../../../src/inject/workload/env-content.ts';
import { annotate, input, stack, workload } from '../../support/workloads/injection.ts';

describe('the nearest name', () => {
  it.each([
    ['bth', ['openlit', 'both', 'none'], 'both'],
    ['openinferense', ['openinference', 'openlit'], 'openinference'],
    ['BOTH', ['both'], 'both'],
    ['nlit', ['openlit'], 'openlit'],
    ['lit', ['openlit'], undefined],
    ['xyzzy', ['both', 'none'], undefined],
  ])('to %s', (text, candidates, expected) => {
    expect(nearest(text, candidates)).toBe(expected);
  });
});

describe('references in a value', () => {
  it('are the names in $(NAME), but not in $$(NAME)', () => {
    expect(references('a=$(ONE),b=$$(TWO),c=$$$(THREE),$FOUR')).toEqual(['ONE', 'THREE']);
  });

  it('are absent from a text made literal', () => {
    expect(references(literal('$(ONE) costs $$(TWO)'))).toEqual([]);
    expect(literal('5 $')).toBe('5 $$');
  });
});

describe('the stack of a workload', () => {
  const stacks = [stack('main', {}, 'obs'), stack('main', {}, 'shop'), stack('edge', {}, 'obs')];
  const chosen = (wanted: string | undefined, among = stacks) => {
    const choice = chooseStack(wanted, 'shop', among);
    return choice.kind === 'chosen' ? `${choice.config.stack.namespace}/${choice.config.stack.name}` : choice.reason;
  };

  it.each([
    [undefined, 'AmbiguousStack'],
    ['obs/main', 'obs/main'],
    ['main', 'shop/main'],
    ['edge', 'obs/edge'],
    ['egde', 'UnknownStack'],
    ['obs/man', 'UnknownStack'],
  ])('for %s is %s', (wanted, expected) => {
    expect(chosen(wanted)).toBe(expected);
  });

  it('is the only one there is, and awaited when there is none', () => {
    expect(chosen(undefined, stacks.slice(0, 1))).toBe('obs/main');
    expect(chosen(undefined, [])).toBe('WaitingForStack');
    expect(chosen('main', [stack('main', {}, 'a'), stack('main', {}, 'b')])).toBe('AmbiguousStack');
  });
});

describe('the containers of a pod that are injected into', () => {
  const targets = (choice: '*' | readonly string[] | undefined, ...names: readonly string[]) => {
    const found = targetContainers(choice, { containers: names.map((name) => ({ name })) });
    return found.kind === 'targets' ? found.names : found.reason;
  };

  it.each<[string, '*' | readonly string[] | undefined, readonly string[], readonly string[] | string]>([
    ['the only one', undefined, ['app'], ['app']],
    ['the only one beside known sidecars', undefined, ['istio-proxy', 'app', 'cloud-sql-proxy'], ['app']],
    ['none of several', undefined, ['app', 'worker'], 'AmbiguousContainer'],
    ['all but sidecars', '*', ['app', 'worker', 'linkerd-proxy'], ['app', 'worker']],
    ['those named, in the order of the template', ['worker', 'app'], ['app', 'worker', 'web'], ['app', 'worker']],
    ['a sidecar that is named', ['envoy'], ['app', 'envoy'], ['envoy']],
    ['no misspelt one', ['ap'], ['app'], 'UnknownContainer'],
    ['no sidecar by itself', undefined, ['envoy'], 'NoTargetContainer'],
  ])('are %s', (_, choice, names, expected) => {
    expect(targets(choice, ...names)).toEqual(expected);
  });
});

describe('an init container that is chosen', () => {
  it('is told from a name that is not there', () => {
    const pod = { containers: [{ name: 'app' }], initContainers: [{ name: 'vector' }] };
    expect(targetContainers(['vector'], pod)).toMatchObject({ message: expect.stringContaining('container vector, an init container') });
  });
});

describe('a pod that must run on Windows by its node affinity', () => {
  const terms = (...values: readonly (readonly string[])[]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: values.map((list) => ({ matchExpressions: [{ key: 'kubernetes.io/os', operator: 'In', values: list }] })),
        },
      },
    },
  });
  const reasonOf = (pod: Readonly<Record<string, unknown>>) =>
    decideWorkload(input(workload({ annotations: { 'duotel.io/backend': 'both' }, pod }))).outcome?.reason;

  it.each([
    ['by its only term', terms(['windows']), 'WindowsPod'],
    ['but not where it may run elsewhere', terms(['windows', 'linux']), 'Injected'],
    ['nor where another term allows other nodes', terms(['windows'], ['linux']), 'Injected'],
    ['nor where no term is there', terms(), 'Injected'],
  ])('is not injected, %s', (_case, pod, reason) => {
    expect(reasonOf(pod)).toBe(reason);
  });
});

describe('the record', () => {
  const record: InjectionRecord = {
    backend: 'both',
    bootstrap: 'python',
    stack: 'duotel/duotel',
    containers: {
      app: {
        env: { A: 'x', B: { fieldPath: 'metadata.name' }, C: { secretKeyRef: { name: 'otlp', key: 'token' } } },
        mounts: { '/duotel/python': 'duotel-python' },
      },
    },
    volumes: { 'duotel-python': 'duotel-python-0' },
  };

  it('reads what it writes', () => {
    expect(readRecord(annotate(workload(), { 'duotel.io/injected': formatRecord(record) }))).toEqual({ version: 1, ...record });
  });

  it.each([
    '',
    'no',
    '{}',
    '[]',
    'null',
    '{"version":2}',
    formatRecord(record).replace('"x"', '[]'),
    formatRecord(record).replace('fieldPath', 'f'),
    formatRecord(record).replace('secretKeyRef', 's'),
    formatRecord(record).replace('"token"', '7'),
    formatRecord(record).replace(/"mounts":{[^}]*}/, '"mounts":[]'),
    formatRecord(record).replace(/"volumes":{[^}]*}/, '"volumes":[]'),
    formatRecord(record).replace('"containers":{', '"containers":{"web":{},'),
    formatRecord({ ...record, containers: {} }).replace('"containers":{}', '"containers":[]'),
    formatRecord(record).replace('"duotel-python-0"', '0'),
    formatRecord(record).replace('"duotel-python"}', '[]}'),
  ])('is unreadable when somebody made it %s', (text) => {
    expect(readRecord(annotate(workload(), { 'duotel.io/injected': text }))).toBe('unreadable');
  });
});

describe('the release', () => {
  const withManagers = (...managers: readonly string[]) =>
    workload({ kind: 'Job', metadata: { managedFields: managers.map((manager) => ({ manager })) } });

  it('removes each of our entries and tests each first', () => {
    expect(releasePatch(withManagers('duotel', 'kubectl', 'duotel'))).toEqual([
      { op: 'test', path: '/metadata/managedFields/0/manager', value: 'duotel' },
      { op: 'test', path: '/metadata/managedFields/2/manager', value: 'duotel' },
      { op: 'remove', path: '/metadata/managedFields/2' },
      { op: 'remove', path: '/metadata/managedFields/0' },
    ]);
  });

  it('is nothing where we own nothing', () => {
    expect(releasePatch(withManagers('kubectl'))).toBeUndefined();
    expect(releasePatch(workload({ kind: 'Job' }))).toBeUndefined();
  });

  it('clears the list when we are alone in it', () => {
    expect(releasePatch(withManagers('duotel'))).toContainEqual({ op: 'replace', path: '/metadata/managedFields', value: [{}] });
  });

  it('clears no list that another has moved into our place', () => {
    expect(releasePatch(withManagers('duotel'))?.[0]).toEqual({ op: 'test', path: '/metadata/managedFields/0/manager', value: 'duotel' });
  });
});
