/** Room `bench`: suites of benchmarks of this library, beside which peers can be measured. */
import { dialect } from './dialect/suite.ts';
import { drain } from './drain/suite.ts';
import { idle } from './idle/suite.ts';
import { latency } from './live/latency.ts';
import { perf } from './live/perf.ts';
import { live } from './live/suite.ts';
import { start } from './start/suite.ts';
import type { Suite } from './suite.ts';
import { wakeup } from './wakeup/suite.ts';

export { type Machine, machine } from './machine.ts';
export type { Spread } from './statistics.ts';
export type {
  Absence,
  Figure,
  Missing,
  Peer,
  Program,
  Suite,
  SuiteContext,
  SuiteResult,
  Target,
  Work,
} from './suite.ts';
export { isMet } from './target.ts';

/** All suites, in the order of the report. */
export const SUITES: readonly Suite[] = [drain, live, latency, perf, wakeup, idle, start, dialect];
