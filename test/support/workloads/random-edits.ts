import fc from 'fast-check';
import type { KubeObject } from '../../../api/kube-object.ts';
import { type EnvItem, podTemplate } from '../../../src/inject/workload/pod-template.ts';
import { envItem } from './arbitrary-workload.ts';

/** Something that an owner does to a pod spec in the middle of everything. */
export type Edit =
  | { readonly do: 'set variable'; readonly item: EnvItem }
  | { readonly do: 'remove variable'; readonly name: string }
  | { readonly do: 'replace variables'; readonly items: readonly EnvItem[] }
  | { readonly do: 'image' }
  | { readonly do: 'command' }
  | { readonly do: 'rename' }
  | { readonly do: 'add container' }
  | { readonly do: 'add volume' };

export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('set variable' as const), item: envItem }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove variable' as const), name: envItem.map(({ name }) => name) }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('replace variables' as const),
        items: fc.uniqueArray(envItem, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.constantFrom<Edit>({ do: 'image' }, { do: 'command' }, { do: 'rename' }, { do: 'add container' }, { do: 'add volume' }),
    },
  ),
  { maxLength: 3 },
);

type Fields = Readonly<Record<string, unknown>>;

/**
 * The strategic merge patch of the pod spec that makes these edits to the first container, in one request. An update to the value that
 * is there already (in `live`) is left out: it changes nothing and leaves no trace of who made it.
 */
export function patchOf(list: readonly Edit[], live: KubeObject): { readonly spec: Fields; readonly touched: ReadonlySet<string> } {
  const [first] = podTemplate(live)?.spec.containers ?? [];
  const isThere = (item: EnvItem): boolean => (first?.env ?? []).some((one) => JSON.stringify(one) === JSON.stringify(item));
  const touched = new Set<string>();
  const env = new Map<string, Fields>();
  let replaced: readonly EnvItem[] | undefined;
  let container: Fields = { name: first?.name };
  const containers: Fields[] = [];
  const volumes: Fields[] = [];
  for (const edit of list) {
    switch (edit.do) {
      case 'set variable': {
        const { item } = edit;
        touched.add(item.name);
        if (isThere(item)) env.delete(item.name);
        else env.set(item.name, item.valueFrom === undefined ? { ...item, valueFrom: null } : { ...item, value: null });
        break;
      }
      case 'remove variable':
        touched.add(edit.name);
        env.set(edit.name, { name: edit.name, $patch: 'delete' });
        break;
      case 'replace variables':
        for (const { name } of edit.items) touched.add(name);
        replaced = edit.items.filter((item) => !isThere(item));
        break;
      case 'image':
        container = { ...container, image: 'example/app:2' };
        break;
      case 'command':
        container = { ...container, command: ['/bin/app'], args: ['--verbose'] };
        break;
      case 'rename':
        containers.push({ name: 'renamed', image: 'example/app:1', env: first?.env?.slice(0, 0) });
        container = { name: first?.name, $patch: 'delete' };
        break;
      case 'add container':
        containers.push({ name: 'added', image: 'example/added:1', env: [{ name: 'A', value: 'of the new one' }] });
        break;
      case 'add volume':
        volumes.push({ name: 'scratch', emptyDir: {} });
        containers.push({ name: 'mounting', image: 'example/mounting:1', volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] });
        break;
      default: {
        const none: never = edit;
        throw new Error(`no edit: ${JSON.stringify(none)}`);
      }
    }
  }
  if (container['$patch'] === undefined) {
    if (replaced !== undefined) container = { ...container, env: [...replaced, { $patch: 'replace' }] };
    else if (env.size > 0) container = { ...container, env: [...env.values()] };
  }
  const all = [...new Map([...containers, container].map((one) => [one['name'], one])).values()];
  const spec = {
    ...(all.length > 1 || Object.keys(container).length > 1 ? { containers: all } : {}),
    ...(volumes.length > 0 && { volumes: volumes.slice(0, 1) }),
  };
  return { spec, touched };
}
