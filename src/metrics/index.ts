/** Room `metrics`: what a monitor wants to know about rings. */
export { ADVISED_MS, adviseSize, type Measured, type SizeAdvice } from './advise.ts';
export type { DropsState } from './drops.ts';
export { collectRingMetrics } from './exporter/collect.ts';
export { type ExporterOptions, RingExporter } from './exporter/exporter.ts';
export type { RingMetrics, RingMetricsOptions } from './exporter/prometheus.ts';
export type { ListenAddress } from './exporter/server.ts';
export type { RingProcess } from './holders.ts';
export { listRings } from './list-rings.ts';
export { type ReaderReport, type RingReport, type RingsReport, shortfalls } from './report.ts';
export { type Row, rowColumns, rowMaker, type Tally, tallyText } from './rows.ts';
export type { ListedRing, RingUsers, SurveyMethod } from './survey.ts';
export type { RingRates } from './tracker.ts';
export type { RingProgram } from './users.ts';
export type { WatchOptions } from './watch.ts';
export { watchRings } from './watch-rings.ts';
