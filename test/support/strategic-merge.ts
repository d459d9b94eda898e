export { strategicMerge } from '../../src/inject/strategic-merge.ts';
