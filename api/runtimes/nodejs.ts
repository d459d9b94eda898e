import type { AnnouncedRuntime } from './runtime.ts';

export const NODEJS: AnnouncedRuntime = { id: 'nodejs', title: 'Node.js', served: false };
