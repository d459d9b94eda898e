import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/time/eventually.ts';
import { path } from './support/admin.ts';
import { installed } from './support/installed.ts';
import { ACTS, injectedMeanwhile, PHASES, settle, silent } from './support/journey.ts';
import { lists, watches } from './support/match.ts';
import { row, useWorld } from './support/row.ts';

const stage = useWorld();

row('D3', 'a half-open connection is noticed within a minute, and readiness says so', stage, {
  injected: 'all streams held and all requests but the lease’s unanswered, until readiness turns false; drift, inject and update meanwhile',
  cases: ['update', 'inject'],
  run: async ({ world, reference }) => {
    await installed({ world, reference });
    const { proxy, operator } = world;
    await eventually('readiness before the fault', async () => (await operator.get('/readyz')).status === 200);
    proxy.add({
      match: ({ verb, resource }) => verb === 'watch' && resource !== 'leases',
      fault: { do: 'stream', line: () => [{ hold: true }] },
    });
    // Streams are renewed once under the rule, without a word; from then on nothing is answered.
    proxy.cutAll();
    await sleep(3000);
    proxy.clear();
    proxy.add({ match: ({ resource }) => resource !== 'leases', fault: { do: 'hang' } });
    await world.admin.delete('Service', 'duotel-jaeger');
    await ACTS.inject(world);
    await ACTS.update(world);
    const begun = performance.now();
    await eventually('readiness to turn false', async () => (await operator.get('/readyz')).status === 503, 75);
    const noticed = (performance.now() - begun) / 1000;
    if ((await operator.get('/healthz')).status !== 200) throw new Error('liveness failed: a restart would not help');
    proxy.clear();
    proxy.cutAll();
    await settle(world, 'update', injectedMeanwhile(reference), 90);
    await eventually('readiness to come back', async () => (await operator.get('/readyz')).status === 200, 90);
    const silence = await silent(world);
    return `noticed after ${noticed.toFixed(0)} s; a Service that was deleted meanwhile is back, inject and update are done; ${silence}`;
  },
});

row('D4', 'a stream with nothing but bookmarks goes on from the last of them, without a list', stage, {
  injected: '20 streams of a second with one bookmark each, versions moved on by others; every act after that',
  cases: ['update', 'prune', 'delete', 'inject'],
  run: async ({ world, reference }) => {
    await installed({ world, reference });
    const { proxy, admin } = world;
    const now = async (): Promise<string> =>
      (await admin.request('GET', path('ServiceAccount', 'duotel'))).body.metadata['resourceVersion'] as string;
    let version = await now();
    const told: string[] = [];
    const asked: string[] = [];
    proxy.add({
      match: watches('serviceaccounts'),
      fault: ({ query }) => {
        asked.push(query.get('resourceVersion') ?? '');
        told.push(version);
        const object = { kind: 'ServiceAccount', apiVersion: 'v1', metadata: { resourceVersion: version, creationTimestamp: null } };
        return { do: 'stream', start: [`${JSON.stringify({ type: 'BOOKMARK', object })}\n`], endAfter: 1050 };
      },
    });
    const mark = proxy.passed.length;
    proxy.cutAll();
    for (let i = 0; i < 20; i += 1) {
      await admin.apply({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'other', namespace: 'shop' },
        data: { count: String(i) },
      });
      version = await now();
      await sleep(1000);
    }
    proxy.clear();
    await admin.delete('ConfigMap', 'other', 'shop');
    const listed = proxy.passed.slice(mark).filter(({ request }) => lists()(request));
    if (listed.length > 0) throw new Error(`${listed.length} lists, the first of ${listed[0]?.request.resource}`);
    if (told.length < 12) throw new Error(`only ${told.length} streams`);
    const wrong = told.flatMap((rv, index) =>
      asked[index + 1] !== undefined && asked[index + 1] !== rv ? [`${asked[index + 1]} after ${rv}`] : [],
    );
    if (wrong.length > 0) throw new Error(`streams went on from elsewhere: ${wrong.join(', ')}`);
    for (const phase of PHASES.slice(1)) {
      await ACTS[phase](world);
      await settle(world, phase, reference[phase]);
    }
    const silence = await silent(world);
    return `${told.length} streams, each from the last bookmark (${told[0]} to ${told.at(-1)}), 0 lists; ${silence}`;
  },
});
