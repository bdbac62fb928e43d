import { findClang, OLDEST_CLANG } from '../../clang/index.ts';
import { Child, OWN_PROGRAM } from '../child.ts';
import { spread } from '../statistics.ts';
import type { Absence, Figure, Peer, Suite } from '../suite.ts';

/** A tracer as BCC's tutorials have it. It needs no tracefs, which BCC's TRACEPOINT_PROBE reads. */
const TEXT = `BPF_RINGBUF_OUTPUT(buffer, 16);
struct event { u32 pid; char comm[16]; };
RAW_TRACEPOINT_PROBE(sched_process_exec) {
    struct event *event = buffer.ringbuf_reserve(sizeof(*event));
    if (!event) return 1;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    buffer.ringbuf_submit(event, 0);
    return 0;
}`;

/** What a start took. */
interface Start {
  readonly ms: number;
  readonly peakMb: number;
}

/** A program in BCC's dialect of C, compiled, loaded and attached. */
export const dialect: Suite = {
  name: 'dialect',
  title: "A tracer in BCC's dialect, from nothing to attached with its ring open",
  async run({ quick, peers, progress }) {
    const rounds = quick ? 3 : 9;
    const { programs, absent } = await programsFor(peers);
    const starts = programs.map(({ reader, command }) => ({ reader, command, taken: [] as Start[] }));
    // The first round fills caches.
    for (let round = -1; round < rounds; round++) {
      for (const { reader, command, taken } of starts) {
        progress((round + 1) / (rounds + 1), reader);
        const start = await startOnce(reader, command);
        if (round >= 0) taken.push(start);
      }
    }
    const figures = starts.flatMap(({ reader, taken }): Figure[] => [
      { reader, quantity: 'start', unit: 'ms', ...spread(taken.map(({ ms }) => ms)) },
      { reader, quantity: 'memory', unit: 'MB', ...spread(taken.map(({ peakMb }) => peakMb)) },
    ]);
    const title = 'one program, one ring; most memory that was resident, that of a clang of its own aside';
    const method = `${rounds} starts by turns, after one to fill caches`;
    return { works: [{ name: 'start', title, method, reference: 'ringtail', figures, absent }], targets: [] };
  },
};

async function programsFor(
  peers: readonly Peer[],
): Promise<{ programs: { reader: string; command: readonly string[] }[]; absent: Absence[] }> {
  const programs: { reader: string; command: readonly string[] }[] = [];
  const absent: Absence[] = [];
  if ((await findClang()) !== undefined)
    programs.push({ reader: 'ringtail', command: [...OWN_PROGRAM, 'dialect'] });
  else absent.push({ reader: 'ringtail', absent: `no clang here; install clang ${OLDEST_CLANG} or newer` });
  const program = peers.find(({ name }) => name === 'BCC')?.program('dialect');
  if (program !== undefined && 'absent' in program) absent.push({ reader: 'BCC', absent: program.absent });
  else if (program !== undefined) programs.push({ reader: 'BCC', command: program.command });
  return { programs, absent };
}

async function startOnce(reader: string, command: readonly string[]): Promise<Start> {
  const began = performance.now();
  const child = await Child.start(reader, [...command, TEXT]);
  const ms = performance.now() - began;
  try {
    const { peakMb } = await child.ask<{ peakMb: number }>('memory');
    return { ms, peakMb };
  } finally {
    child.close();
  }
}
