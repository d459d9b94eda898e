import type { KubeObject } from '../../../api/kube-object.ts';
import type { KubeApi, ListOptions, ResourceType } from '../../../src/kube/kube-api.ts';

const unexpected = async (): Promise<never> => {
  throw new Error('not a call that this API takes');
};

/** A {@link KubeApi} that has these objects, takes reads only, and answers the logs with `getText`. Of selectors, only `metadata.name=` is looked at. */
export function listingApi(objects: readonly KubeObject[], getText: KubeApi['getText'] = unexpected): KubeApi {
  const listed = ({ kind }: ResourceType, { namespace, metadataOnly = false, query }: ListOptions = {}): readonly KubeObject[] =>
    objects
      .filter((object) => object.kind === kind && (namespace === undefined || object.metadata.namespace === namespace))
      .filter(({ metadata }) => (/^metadata\.name=(.*)$/.exec(String(query?.['fieldSelector']))?.[1] ?? metadata.name) === metadata.name)
      .map(({ apiVersion, metadata, ...rest }) => ({ ...(metadataOnly ? {} : rest), apiVersion, kind, metadata }));
  return {
    resourceType: async (apiVersion, kind) => ({ apiVersion, kind, plural: `${kind.toLowerCase()}s`, namespaced: kind !== 'Namespace' }),
    get: async ({ kind }, ref) => objects.find((object) => object.kind === kind && object.metadata.name === ref.name),
    list: async (type, options) => ({ items: listed(type, options), resourceVersion: '1' }),
    async *pages(type, options) {
      yield { items: listed(type, options), resourceVersion: '1' };
    },
    getText,
    create: unexpected,
    patch: unexpected,
    delete: unexpected,
    watch: () => {
      throw new Error('not a call that this API takes');
    },
  };
}
