// What a function of a library returns, and how long it took: names in the environment. `node uretprobe.ts [PID]`: only of that
// process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 pid;
    u64 ns;
    char value[64];
};
BPF_RINGBUF_OUTPUT(events, 16);
BPF_HASH(started, u64);

int on_entry(struct pt_regs *ctx) {
    u64 thread = bpf_get_current_pid_tgid(), now = bpf_ktime_get_ns();
    started.update(&thread, &now);
    return 0;
}

int on_return(struct pt_regs *ctx) {
    u64 thread = bpf_get_current_pid_tgid();
    u64 *then = started.lookup(&thread);
    if (!then) return 0;
    struct event event = { .pid = thread >> 32, .ns = bpf_ktime_get_ns() - *then };
    started.delete(&thread);
    bpf_probe_read_user_str(event.value, sizeof(event.value), (void *)PT_REGS_RC(ctx));
    events.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}
`;

const b = new BPF({ text });
const place = { name: 'c', sym: 'getenv', pid: Number(pid) || -1 };
b.attachUprobe({ ...place, fnName: 'on_entry' });
b.attachUretprobe({ ...place, fnName: 'on_return' });
const events = b.get('events');
console.log('PID      NS       VALUE');
events.openRingBuffer((_ctx, data) => {
  const { pid, ns, value } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${String(ns).padEnd(8)} ${value}`);
});
for (;;) await b.ringBufferPoll();
