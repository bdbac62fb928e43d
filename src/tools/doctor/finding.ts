import type { Probe } from '../../kernel/index.ts';

/** One thing that was looked at. */
export interface Finding {
  /** What: `tracefs`, `tp_btf`. */
  readonly topic: string;
  /** In order; lacking in part, or not to be found out; lacking. */
  readonly verdict: 'ok' | 'warn' | 'fail';
  /** How things stand, in one line. */
  readonly detail: string;
  /** What can be done about it: a command, or a sentence. */
  readonly remedy?: string;
}

/** What `examine` found. Plain data. */
export interface DoctorReport {
  /** BTF tracepoints feed a ring buffer here, and that is all that `ringtail execsnoop` needs. */
  readonly works: boolean;
  /** The kernel and how it is set up. */
  readonly machine: readonly Finding[];
  /** A finding for each way to attach; its topic is the way. */
  readonly attach: readonly Finding[];
  /** What all this comes to. */
  readonly hereAndNow: readonly Finding[];
}

export function ok(topic: string, detail: string): Finding {
  return { topic, verdict: 'ok', detail };
}

export function warn(topic: string, detail: string, remedy: string): Finding {
  return { topic, verdict: 'warn', detail, remedy };
}

export function fail(topic: string, detail: string, remedy: string): Finding {
  return { topic, verdict: 'fail', detail, remedy };
}

/** What a probe means for the reader. @param detail where it is available. */
export function fromProbe(topic: string, probe: Probe, detail: string): Finding {
  const { available, conclusive, reason = '', remedy = '' } = probe;
  if (available) return ok(topic, detail);
  return conclusive ? fail(topic, reason, remedy) : warn(topic, `not known: ${reason}`, remedy);
}
