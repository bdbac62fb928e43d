/** Room `metrics`: what a monitor wants to know about rings. */
export type { RingProcess } from './holders.ts';
export { type ListedRing, listRings, type RingUsers, type SurveyMethod } from './survey.ts';
export type { RingRates } from './tracker.ts';
export type { RingProgram } from './users.ts';
export { type RingReport, type RingsReport, type WatchOptions, watchRings } from './watch.ts';
