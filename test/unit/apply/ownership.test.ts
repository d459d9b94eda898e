import { describe, expect, it } from '@jest/globals';
import { foreignOwner } from '../../../src/apply/adoption.ts';
import type { Policies } from '../../../src/apply/policies.ts';
import { kubeObject } from '../../support/objects/kube-object.ts';

describe('the owner of a live object', () => {
  const owner = { label: 'set', value: 'mine' };
  const desired = kubeObject('ConfigMap', {}, { labels: { set: 'mine', 'app.kubernetes.io/managed-by': 'duotel' } });
  const why = (metadata: object, adoption: Policies['adoption'] = 'AdoptIfUnowned', uid?: string): string | undefined => {
    const entry = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'ns', name: 'x', ...(uid !== undefined && { uid }) };
    const inventory = new Map(uid === undefined ? [] : [['/ConfigMap/ns/x', entry]]);
    return foreignOwner(desired, kubeObject('ConfigMap', {}, metadata), inventory, { adoption, owner });
  };
  const helm = { labels: { 'app.kubernetes.io/managed-by': 'Helm' } };
  const controlled = { ownerReferences: [{ apiVersion: 'v1', kind: 'Thing', name: 'boss', uid: '1', controller: true }] };

  it('is us by our label, and by an inventory that names its UID', () => {
    expect(why({ labels: { set: 'mine' } }, 'MustMatch')).toBeUndefined();
    expect(why({ ...helm, uid: '7' }, 'MustMatch', '7')).toBeUndefined();
    expect(why({ uid: '8' }, 'MustMatch', '7')).toContain('MustMatch');
  });

  it('is another set, a controller or a tool, and nobody else', () => {
    expect(why({ labels: { set: 'other' } }, 'AdoptAll')).toContain('set is other');
    expect(why(controlled, 'AdoptAll')).toContain('Thing/boss');
    expect(why(helm)).toContain('Helm');
    expect(why(helm, 'AdoptAll')).toBeUndefined();
    expect(why({})).toBeUndefined();
  });
});
