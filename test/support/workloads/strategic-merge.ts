export { strategicMerge } from '../../../src/inject/change/strategic-merge.ts';
