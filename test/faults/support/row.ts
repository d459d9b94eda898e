import { appendFileSync } from 'node:fs';
import { afterAll, beforeAll, it } from '@jest/globals';
import type { Case } from './case.ts';
import { describeWrite, type Journey, mebibytes, type Reference, reference, SILENCE_SECONDS } from './journey.ts';
import type { RowResult } from './row-result.ts';
import type { RowId } from './rows.ts';
import { startWorld, type World } from './world.ts';

export interface Stage {
  readonly world: World;
  readonly reference: Reference & { readonly journey: Journey };
}

/** One control plane for the tests of a file, and the fault-free run on it. */
export function useWorld(): () => Stage {
  let stage: Stage | undefined;
  beforeAll(async () => {
    const world = await startWorld();
    try {
      stage = { world, reference: await reference(world) };
    } catch (error) {
      const found = new Error(`${error instanceof Error ? error.message : String(error)}\n${evidence(world)}`, { cause: error });
      await world.close();
      throw found;
    }
  });
  afterAll(async () => {
    await stage?.world.close();
  });
  return () => {
    if (stage === undefined) throw new Error('the control plane did not start');
    return stage;
  };
}

/** What a test works on; without a world where it brings its own. */
interface Place {
  readonly world?: World;
}

export interface RowTest<P extends Place = Stage> {
  /** What is done to the operator, for people. */
  readonly injected: string;
  readonly cases: readonly Case[];
  /** Does it, and asserts. @returns figures for people, or those of a journey. */
  readonly run: (place: P) => Promise<Journey | string>;
  /** Milliseconds. Default 900,000. */
  readonly limit?: number;
}

/** A test of a row of the matrix. Its name is a sentence that begins with the id; what it found goes into the table. */
export function row<P extends Place>(id: RowId, sentence: string, stage: () => P, test: RowTest<P>): void {
  const { injected, cases, run, limit = 900_000 } = test;
  it(
    `${id} ${sentence}`,
    async () => {
      const begun = performance.now();
      const place = stage();
      const record = (passed: boolean, figures: string): void => {
        const seconds = Math.round((performance.now() - begun) / 100) / 10;
        const result: RowResult = { id, test: `${id} ${sentence}`, injected, cases, passed, figures, seconds };
        const file = process.env['DUOTEL_FAULTS_RESULTS'];
        if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`);
      };
      try {
        const found = await run(place);
        record(true, typeof found === 'string' ? found : journeyFigures(found));
      } catch (error) {
        record(false, (error instanceof Error ? error.message : String(error)).slice(0, 400));
        const said = place.world === undefined ? '' : `\n${evidence(place.world)}`;
        throw new Error(`${error instanceof Error ? error.message : String(error)}${said}`, { cause: error });
      }
    },
    limit,
  );
}

export function journeyFigures({ faults, writes, heap, descriptors, seconds, note }: Journey): string {
  const held = heap === undefined ? '' : `, heap ${mebibytes(heap)}, ${descriptors} descriptors`;
  return `${faults} faults, ${writes} writes, 0 in ${SILENCE_SECONDS} s of silence${held}, ${seconds.toFixed(0)} s${note === undefined ? '' : `, ${note}`}`;
}

/** What the operator said and asked last. */
function evidence(world: World): string {
  const logs = world.operators.map(({ log, errors, ending }, index) => {
    const lines = log.slice(-25).map((line) => JSON.stringify(line).slice(0, 400));
    return [`-- operator ${index + 1}, ${ending === undefined ? 'running' : `ended by ${ending}`}`, ...lines, errors.slice(0, 2000)].join(
      '\n',
    );
  });
  const passed = world.proxy.passed.slice(-25).map(({ request, status, fault, write }) => {
    const what = write ? describeWrite({ request, status, write, at: 0 }) : `${request.verb} ${request.url.slice(0, 140)}`;
    return `${what} -> ${status}${fault === undefined ? '' : ` (${fault})`}`;
  });
  return [...logs.slice(-2), '-- requests', ...passed].join('\n');
}
