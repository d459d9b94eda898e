import { describe, expect, it } from '@jest/globals';
import type { KubeObject, ManagedFieldsEntry } from '../../../../api/kube-object.ts';
import { withdrawn } from '../../../../src/apply/drift/withdrawn.ts';

const object = (spec: object, metadata: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'x', ...metadata },
  spec,
});
const owned = (fieldsV1: Record<string, unknown>, manager = 'duotel', operation = 'Apply'): ManagedFieldsEntry => ({
  manager,
  operation,
  fieldsV1,
});
const paths = (desired: KubeObject, live: KubeObject): readonly string[] => withdrawn(desired, live).map(({ path }) => path);

const LIMITS = {
  'f:spec': { 'f:containers': { 'k:{"name":"app"}': { '.': {}, 'f:name': {}, 'f:limits': { 'f:cpu': {}, 'f:memory': {} } } } },
};
const container = (limits: object): object => ({ containers: [{ name: 'app', limits }] });

describe('withdrawn', () => {
  it('finds a field that we own and no longer want', () => {
    const live = object(container({ cpu: '1', memory: '1Gi' }), { managedFields: [owned(LIMITS)] });
    expect(paths(object(container({ memory: '1Gi' })), live)).toEqual(['spec.containers[name=app].limits.cpu']);
    expect(paths(object(container({ cpu: '1', memory: '1Gi' })), live)).toEqual([]);
  });

  it('finds a list item that we own and no longer want', () => {
    const live = object({}, { managedFields: [owned(LIMITS)] });
    expect(paths(object({ containers: [{ name: 'other' }] }), live)).toEqual(['spec.containers[name=app]']);
  });

  it('takes an item that leaves a key field to its default for the same item', () => {
    const fields = { 'f:spec': { 'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { 'f:port': {} } } } };
    expect(paths(object({ ports: [{ port: 80 }] }), object({}, { managedFields: [owned(fields)] }))).toEqual([]);
  });

  it('leaves alone what others own', () => {
    const others = [owned({ 'f:spec': { 'f:replicas': {} } }, 'hpa', 'Update'), owned({ 'f:spec': { 'f:paused': {} } }, 'flux')];
    expect(paths(object({}), object({ replicas: 3 }, { managedFields: others }))).toEqual([]);
  });

  it("finds by kubectl's own annotation what a client-side apply set and the manifest no longer has", () => {
    const manifest = JSON.stringify(object({ keep: 1, drop: 2, list: [{ a: 1, b: 2 }] }, { annotations: {} }));
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': manifest };
    // A client-side apply owns the API server's defaults too: they must not count.
    const managedFields = [owned({ 'f:spec': { 'f:defaulted': {} } }, 'kubectl-client-side-apply', 'Update')];
    const live = object({ keep: 1, drop: 2, defaulted: 3 }, { annotations, managedFields });
    expect(paths(object({ keep: 1, list: [{ a: 1 }] }), live)).toEqual(['spec.drop', 'spec.list[0].b']);
    expect(paths(object({ keep: 1, drop: 2, list: [{ a: 1, b: 2 }] }), live)).toEqual([]);
  });
});
