import { BPF } from '../../bcc/index.ts';
import type { Answering } from '../child.ts';

/** A tracer on this library: `TEXT`. Each line of input is answered with the most memory that was resident so far. */
export const startTracer: Answering = ([text]) => {
  const b = new BPF({ text: text! });
  const buffer = b.get('buffer');
  buffer.openRingBuffer(() => {});
  return () => ({ peakMb: process.resourceUsage().maxRSS / 1000 });
};
