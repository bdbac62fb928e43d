// ringbuf_discard(): what turns out to be of no interest leaves no record. Prints opened files below /etc.
// `node ring-discard.ts [PID]`: only by that process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 pid;
    char path[64];
};
BPF_RINGBUF_OUTPUT(events, 16);

TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    if (ONLY_PID && pid != ONLY_PID) return 0;
    struct event *event = events.ringbuf_reserve(sizeof(*event));
    if (!event) return 0;
    event->pid = pid;
    bpf_probe_read_user_str(event->path, sizeof(event->path), args->filename);
    char *path = event->path;
    if (path[0] == '/' && path[1] == 'e' && path[2] == 't' && path[3] == 'c' && path[4] == '/')
        events.ringbuf_submit(event, 0);
    else
        events.ringbuf_discard(event, 0);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const events = b.get('events');
console.log('PID      PATH');
events.openRingBuffer((_ctx, data) => {
  const { pid, path } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${path} (${events.stats().discarded} discarded before)`);
});
for (;;) await b.ringBufferPoll();
