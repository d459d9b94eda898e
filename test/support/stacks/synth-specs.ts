/** A program to be bundled: reads specs of TelemetryStacks, a JSON array, and prints what the operator would want for each. */
import { readFileSync } from 'node:fs';
import { resolveStackSpec } from '../../../api/telemetry-stack.ts';
import { synthStack } from '../../../charts/synth-stack.ts';
import type { TelemetryStackSpec } from '../../../imports/duotel.io.ts';

const specs = JSON.parse(readFileSync(0, 'utf8')) as readonly TelemetryStackSpec[];
const stacks = specs.map((spec) => synthStack({ name: 'duotel', namespace: 'duotel', spec: resolveStackSpec(spec) }));
process.stdout.write(JSON.stringify(stacks));
