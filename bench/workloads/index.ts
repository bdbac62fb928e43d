import type { Workload } from '../workload.ts';
import { exec, execMany } from './exec.ts';
import { raw } from './raw.ts';

/** All workloads, in the order of the report. */
export const WORKLOADS: readonly Workload[] = [raw, exec, execMany];
