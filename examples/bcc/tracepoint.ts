// A tracepoint by TRACEPOINT_PROBE, and tables: system calls of processes, counted. `node tracepoint.ts [PID]`: only of that process.
import { setTimeout } from 'node:timers/promises';
import { BPF, type HashTable } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct key {
    u32 pid;
    s32 id;
};
BPF_HASH(counts, struct key);

TRACEPOINT_PROBE(raw_syscalls, sys_enter) {
    struct key key = { .pid = bpf_get_current_pid_tgid() >> 32, .id = args->id };
    if (ONLY_PID && key.pid != ONLY_PID) return 0;
    counts.increment(key);
    return 0;
}
`;

interface Tables {
  readonly counts: HashTable<{ pid: number; id: number }, bigint>;
}

const b = new BPF<Tables>({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const counts = b.get('counts');
console.log('PID      SYSCALL  COUNT');
for (;;) {
  await setTimeout(1000);
  const most = [...counts.items()].sort(([, a], [, b]) => Number(b - a)).slice(0, 10);
  for (const [{ pid, id }, count] of most) {
    console.log(`${String(pid).padEnd(8)} ${String(id).padEnd(8)} ${count}`);
  }
  counts.clear();
}
