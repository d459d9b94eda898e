import { type ApiRequest, isWrite } from './api-request.ts';

/** Which requests a rule is for. Each says which; none of them knows what is done to them. */
export type Match = (request: ApiRequest) => boolean;

export const anyRequest: Match = ({ resource }) => resource !== 'leases';
export const writes: Match = (request) => isWrite(request);
/** Writes but for events, which change nothing. */
export const objectWrites: Match = (request) => isWrite(request) && request.resource !== 'events';
export const lists =
  (resource?: string): Match =>
  ({ verb, resource: found }) =>
    verb === 'list' && found !== '' && found === (resource ?? found);
export const watches =
  (resource?: string): Match =>
  ({ verb, resource: found }) =>
    verb === 'watch' && found === (resource ?? found);
export const of =
  (verb: ApiRequest['verb'], resource: string, name?: string): Match =>
  (request) =>
    request.verb === verb && request.resource === resource && (name === undefined || request.name === name);
export const stackStatus: Match = ({ verb, resource, subresource }) =>
  verb === 'patch' && resource === 'telemetrystacks' && subresource === 'status';

/** true the first `times` times that a request of one verb on one object comes. */
export function firstOfEach(match: Match, times = 1): Match {
  const seen = new Map<string, number>();
  return (request) => {
    if (!match(request)) return false;
    const { verb, resource, subresource, namespace, name, url } = request;
    const key = verb === 'watch' ? `watch ${url.split('?')[0]}` : `${verb} ${resource}/${subresource} ${namespace}/${name}`;
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count <= times;
  };
}
