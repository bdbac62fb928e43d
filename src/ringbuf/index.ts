/** Room `ringbuf`: the consumer of a ring, several rings at once, and what the kernel says about one. */
export type { CaptureInfo } from './capture/format.ts';
export { type Capture, type CapturedItem, readCapture } from './capture/reader.ts';
export { CaptureWriter } from './capture/writer.ts';
export { HeldRecord } from './form.ts';
export { RingBufferGroup } from './group.ts';
export type { Handler } from './handler.ts';
export { checkRingSize } from './layout.ts';
export { MergedRings, type MergeOptions, type MergeStats } from './merge.ts';
export { PerfBuffer, type PerfBufferOptions, type PerfStats } from './perf-buffer.ts';
export { queryRing, type RingPositions } from './query.ts';
export { consumerOf, RingBuffer, type RingBufferOptions } from './ring-buffer.ts';
export { RingMonitor, readRing } from './ring-monitor.ts';
export { type RingDropped, RingReader } from './ring-reader.ts';
export { type RingHead, type RingState, type RingType, ringState, ringType } from './ring-state.ts';
export type { RingStats } from './ring-stats.ts';
export { RingTap, type RingTapOptions, type TapItem, type TapRecord, type TapStats } from './ring-tap.ts';
export type { TapGap } from './tap-reader.ts';
export {
  UserRecord,
  UserRingBuffer,
  type UserRingBufferOptions,
  type UserRingStats,
} from './user-ring-buffer.ts';
export type { WaitOptions } from './wait.ts';
export { type InWorkerOptions, WorkerRing, type WorkerRingStats } from './worker-ring.ts';
