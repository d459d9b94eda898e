/**
 * Bundles the programs into build/: `duotel.mjs`, the command line, and `operator.mjs`, which the operator's pod runs, with
 * `operator.mjs.br`, the same compressed for its ConfigMaps. Run by `npm ci` and, before anything else, by `cdk8s synth`. Nothing is
 * built where `bundle.json` has the hash of everything that they are made from.
 */
import { bringUpToDate } from './bring-up-to-date.ts';

await bringUpToDate();
