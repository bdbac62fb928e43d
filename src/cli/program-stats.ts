import type { BpfProgram } from '../kernel/index.ts';
import { type Column, headerLine, rowLine } from '../text/index.ts';

/** A table of how often programs ran, and how long on average. */
export function statsText(programs: readonly BpfProgram[]): string {
  const rows = programs.map((program) => ({ name: program.name, ...program.stats() }));
  const columns: Column<(typeof rows)[number]>[] = [
    { header: 'PROGRAM', width: 24, value: ({ name }) => name },
    { header: 'RUNS', width: 10, align: 'right', value: ({ runCount }) => String(runCount) },
    {
      header: 'NS/RUN',
      width: 8,
      align: 'right',
      value: ({ runTimeNs, runCount }) => (runCount === 0n ? '-' : String(runTimeNs / runCount)),
    },
    { header: 'MISSED', width: 8, align: 'right', value: ({ recursionMisses }) => String(recursionMisses) },
  ];
  return [headerLine(columns), ...rows.map((row) => rowLine(columns, row)), ''].join('\n');
}
