import { type Column, headerLine, rowLine } from '../src/text/index.ts';
import type { Machine } from './machine.ts';
import type { Effort, Row, TargetResult, WorkloadResult } from './runner.ts';
import type { Figure } from './statistics.ts';

const COLUMNS: readonly Column<Row>[] = [
  { header: '  PEER', width: 14, value: ({ peer }) => `  ${peer}` },
  { header: 'WITH', width: 14, value: ({ version }) => version },
  { header: 'NS/RECORD', width: 9, align: 'right', value: ({ nsPerRecord }) => digits(nsPerRecord.median) },
  { header: 'LEAST–MOST', width: 14, align: 'right', value: ({ nsPerRecord }) => spread(nsPerRecord) },
  {
    header: 'RATIO',
    width: 7,
    align: 'right',
    value: ({ ratio }) => (ratio ? ratio.median.toFixed(2) : '-'),
  },
  { header: 'LEAST–MOST', width: 12, align: 'right', value: ({ ratio }) => (ratio ? spread(ratio) : '-') },
];

/** The lines above all workloads. */
export function heading(machine: Machine, { ringSize, warmUp, rounds }: Effort): string {
  return [
    `${machine.cpu}, ${machine.cpus} CPUs, ${machine.arch}, Linux ${machine.kernel}, Node ${machine.node} (V8 ${machine.v8})`,
    `a full ring of ${ringSize / 2 ** 20} MiB, one reader; medians of ${rounds} interleaved rounds after ${warmUp} to warm up`,
  ].join('\n');
}

/** A workload as a table, its targets below. */
export function workloadTable(result: WorkloadResult): string {
  return [
    `${result.name}: ${result.title} (${result.records.toLocaleString('en')} records)`,
    headerLine(COLUMNS),
    ...result.rows.map((row) => rowLine(COLUMNS, row)),
    ...result.absent.map(({ peer, absent }) => `  ${peer.padEnd(12)} absent: ${absent}`),
    ...result.targets.map(targetLine),
  ].join('\n');
}

function targetLine({ peer, than, times, ratio, met }: TargetResult): string {
  const faster = times < 1;
  const promise = faster
    ? `${peer} at least ${digits(1 / times)} × faster than ${than}`
    : `${peer} at most ${digits(times)} × the time of ${than}`;
  if (ratio === undefined) return `  not measured: ${promise}`;
  const found = faster ? 1 / ratio.median : ratio.median;
  return `  ${met ? 'met' : 'MISSED'}: ${promise} (${found.toFixed(2)})`;
}

function spread({ least, most }: Figure): string {
  return `${digits(least)}–${digits(most)}`;
}

/** Three significant digits. */
function digits(value: number): string {
  return String(Number(value.toPrecision(3)));
}
