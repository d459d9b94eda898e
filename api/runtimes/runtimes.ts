import { NODEJS } from './nodejs.ts';
import { PYTHON } from './python.ts';
import type { Runtime } from './runtime.ts';

/** The languages of this release, in the order in which people read them. */
export const RUNTIMES: readonly Runtime[] = [PYTHON, NODEJS];
