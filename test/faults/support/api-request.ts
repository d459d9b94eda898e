/** What a request to the API server asks for, read from its method and URL as the API server itself reads them. */
export interface ApiRequest {
  readonly verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
  /** Plural name, for example `configmaps`; empty for discovery, `/version` and the like. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  /** Empty for a list, a watch and a creation. */
  readonly name: string;
  readonly method: string;
  /** With the query. */
  readonly url: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** Bearer token; empty without one. */
  readonly token: string;
}

/** Reads method and URL; `body` is kept as it came. */
export function readRequest(method: string, url: string, body = '', authorization = ''): ApiRequest {
  const { pathname, searchParams: query } = new URL(url, 'https://api');
  const parts = pathname.split('/').filter(Boolean).map(decodeURIComponent);
  const rest = parts[0] === 'api' ? parts.slice(2) : parts[0] === 'apis' ? parts.slice(3) : [];
  const namespaced = rest[0] === 'namespaces' && rest.length > 2;
  const namespace = namespaced ? (rest[1] ?? '') : '';
  const [resource = '', name = '', subresource = ''] = namespaced ? rest.slice(2) : rest;
  return {
    verb: verbOf(method, name, query),
    resource,
    subresource,
    namespace,
    name,
    method,
    url,
    query,
    body,
    token: authorization.replace(/^Bearer /, ''),
  };
}

function verbOf(method: string, name: string, query: URLSearchParams): ApiRequest['verb'] {
  switch (method) {
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete';
    default:
      if (query.get('watch') === 'true' || query.get('watch') === '1') return 'watch';
      return name === '' ? 'list' : 'get';
  }
}

/** Not objects that somebody could see change: the operator's own heartbeat, and its question what it may do. */
const NO_OBJECTS = ['leases', 'selfsubjectaccessreviews', ''];

/** A request that changes an object when it is carried out. A dry run changes none. */
export function isWrite({ verb, resource, query }: ApiRequest): boolean {
  return verb !== 'get' && verb !== 'list' && verb !== 'watch' && !NO_OBJECTS.includes(resource) && !query.has('dryRun');
}
