import { describe, expect, it } from '@jest/globals';
import { makingWay, requestContext, withRequestContext } from '../../../src/kube/request-context.ts';

describe('work that makes way', () => {
  const priorities = (priority: 'user' | 'drift' | 'resync') =>
    withRequestContext({ priority, fields: { key: 'a' } }, () => [requestContext(), makingWay(requestContext), requestContext()]);

  it('has one priority less than the work around it, and all else of it', () => {
    expect(priorities('user')).toEqual([
      { priority: 'user', fields: { key: 'a' } },
      { priority: 'drift', fields: { key: 'a' } },
      { priority: 'user', fields: { key: 'a' } },
    ]);
    expect(priorities('drift')[1]).toMatchObject({ priority: 'resync' });
  });

  it('stays where there is none less, and where nobody asked for a priority', () => {
    expect(priorities('resync')[1]).toMatchObject({ priority: 'resync' });
    expect(makingWay(requestContext)).toBeUndefined();
  });
});
