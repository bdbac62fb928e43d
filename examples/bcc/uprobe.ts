// A function of a library: names that are looked up in the environment. `node uprobe.ts [PID]`: only by that process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 pid;
    char name[64];
};
BPF_RINGBUF_OUTPUT(events, 16);

int on_getenv(struct pt_regs *ctx, const char *name) {
    struct event event = { .pid = bpf_get_current_pid_tgid() >> 32 };
    bpf_probe_read_user_str(event.name, sizeof(event.name), name);
    events.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}
`;

const b = new BPF({ text });
b.attachUprobe({ name: 'c', sym: 'getenv', fnName: 'on_getenv', pid: Number(pid) || -1 });
const events = b.get('events');
console.log('PID      NAME');
events.openRingBuffer((_ctx, data) => {
  const { pid, name } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${name}`);
});
for (;;) await b.ringBufferPoll();
