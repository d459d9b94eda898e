import { describe, expect, it } from '@jest/globals';
import { TELEMETRY_STACK } from '../../../api/telemetry-stack.ts';
import { openClusterPort } from '../../../src/verify/cluster-port.ts';
import { listingApi } from '../../support/fake-api/listing-api.ts';

const ref = { namespace: 'duotel', name: 'duotel' };

describe('a stack without a ready pod', () => {
  it('is told as missing where it does not exist', async () => {
    await expect(openClusterPort(listingApi([]), {}, ref)).rejects.toThrow(
      /^the workload reports to TelemetryStack duotel\/duotel, which is not there: duotel status/,
    );
  });

  it('is told by the component that has none where it exists', async () => {
    const api = listingApi([{ ...TELEMETRY_STACK, metadata: ref }]);
    await expect(openClusterPort(api, {}, ref)).rejects.toThrow(/^StatefulSet duotel\/duotel-(prometheus|jaeger) has no ready pod/);
  });
});
