import { spawnSync } from 'node:child_process';
import { type Column, headerLine, rowLine } from '../src/text/index.ts';
import type { Absent } from './libbpf.ts';
import { type Figure, figure } from './statistics.ts';

/** A tracer as BCC's tutorials have it. */
const TEXT = `BPF_RINGBUF_OUTPUT(buffer, 16);
struct event { u32 pid; char filename[16]; };
TRACEPOINT_PROBE(syscalls, sys_enter_execve) {
    struct event *event = buffer.ringbuf_reserve(sizeof(*event));
    if (!event) return 1;
    event->pid = bpf_get_current_pid_tgid();
    bpf_probe_read_user_str(event->filename, sizeof(event->filename), args->filename);
    buffer.ringbuf_submit(event, 0);
    return 0;
}`;

const NODE = `import { BPF } from 'ringtail/bcc';
const b = new BPF({ text: process.argv[1] });
b.get('buffer').openRingBuffer(() => {});
console.log('PID      FILENAME');
console.log(process.resourceUsage().maxRSS);
b.close();`;

const PYTHON = `import resource, sys
from bcc import BPF
b = BPF(text=sys.argv[1])
b['buffer'].open_ring_buffer(lambda ctx, data, size: None)
print('PID      FILENAME')
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)`;

/** How the tracer starts: from nothing to its header. */
export interface StartRow {
  readonly peer: string;
  readonly ms: Figure;
  /** Most memory that was resident, clang's own process aside. */
  readonly peakMb: Figure;
}

const COLUMNS: readonly Column<StartRow>[] = [
  { header: '  PEER', width: 14, value: ({ peer }) => `  ${peer}` },
  { header: 'MS', width: 6, align: 'right', value: ({ ms }) => ms.median.toFixed(0) },
  {
    header: 'LEAST–MOST',
    width: 12,
    align: 'right',
    value: ({ ms }) => `${ms.least.toFixed(0)}–${ms.most.toFixed(0)}`,
  },
  { header: 'MB', width: 6, align: 'right', value: ({ peakMb }) => peakMb.median.toFixed(0) },
];

/** What starting was measured to take, or why it could not be. */
export interface StartResult {
  readonly rows: readonly StartRow[];
  readonly absent: readonly (Absent & { readonly peer: string })[];
}

/** Starts a program of the dialect here and, where it can be, in BCC. @param rounds starts of each, by turns. */
export function measureStart(rounds: number): StartResult {
  const peers = {
    ringtail: [process.execPath, '--input-type=module', '-e', NODE, '--', TEXT],
    BCC: ['/usr/bin/python3', '-c', PYTHON, TEXT],
  };
  const samples = Object.keys(peers).map((peer) => ({ peer, ms: [] as number[], mb: [] as number[] }));
  const absent: (Absent & { peer: string })[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const { peer, ms, mb } of samples) {
      if (absent.some((a) => a.peer === peer)) continue;
      const [command, ...args] = peers[peer as keyof typeof peers];
      const started = performance.now();
      const { error, status, stdout, stderr } = spawnSync(command!, args, { encoding: 'utf8' });
      const took = performance.now() - started;
      if (status !== 0)
        absent.push({ peer, absent: error === undefined ? whyNot(stderr) : `no ${command} here` });
      // The first one fills caches.
      else if (round > 0) {
        ms.push(took);
        mb.push(Number(stdout.split('\n')[1]) / 1000);
      }
    }
  }
  const rows = samples
    .filter(({ ms }) => ms.length > 0)
    .map(({ peer, ms, mb }) => ({ peer, ms: figure(ms), peakMb: figure(mb) }));
  return { rows, absent };
}

function whyNot(stderr: string): string {
  if (/No module named 'bcc'/.test(stderr)) return 'no BCC here; install python3-bpfcc';
  if (/\/lib\/modules\/\S+\/build/.test(stderr))
    return 'BCC needs the headers of this kernel, which are not here';
  return /^\w*Error: .*$/m.exec(stderr)?.[0] ?? 'it does not start';
}

/** As a table. */
export function startTable({ rows, absent }: StartResult): string {
  return [
    "start: a tracer in BCC's dialect, from nothing to its end right after the header",
    headerLine(COLUMNS),
    ...rows.map((row) => rowLine(COLUMNS, row)),
    ...absent.map(({ peer, absent }) => `  ${peer.padEnd(12)} absent: ${absent}`),
  ].join('\n');
}
