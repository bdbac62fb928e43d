// BPF_HISTOGRAM: sizes of writes by powers of 2, one histogram for each file descriptor, every second.
// `node histogram.ts [PID]`: only of that process.
import { setTimeout } from 'node:timers/promises';
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct key {
    u64 fd;
    u64 slot;
};
BPF_HISTOGRAM(sizes, struct key);

TRACEPOINT_PROBE(syscalls, sys_enter_write) {
    if (ONLY_PID && bpf_get_current_pid_tgid() >> 32 != ONLY_PID) return 0;
    struct key key = { .fd = args->fd, .slot = bpf_log2l(args->count) };
    sizes.increment(key);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
console.log('counting writes');
for (;;) {
  await setTimeout(1000);
  b.get('sizes').printLog2Hist('bytes', { sectionHeader: 'fd' });
  b.get('sizes').clear();
}
