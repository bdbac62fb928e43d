// ringbuf_reserve() and ringbuf_submit(): a record is written where it stays, and may be larger than the stack.
// Prints the files that are opened. `node ring-reserve.ts [PID]`: only by that process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 pid;
    bool creates;
    char path[1024];
};
BPF_RINGBUF_OUTPUT(events, 256);

TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
    u32 pid = bpf_get_current_pid_tgid() >> 32;
    if (ONLY_PID && pid != ONLY_PID) return 0;
    struct event *event = events.ringbuf_reserve(sizeof(*event));
    if (!event) return 0;
    event->pid = pid;
    event->creates = args->flags & O_CREAT;
    bpf_probe_read_user_str(event->path, sizeof(event->path), args->filename);
    events.ringbuf_submit(event, 0);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const events = b.get('events');
console.log('PID      NEW PATH');
events.openRingBuffer((_ctx, data) => {
  const { pid, creates, path } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${creates ? 'yes' : 'no '} ${path}`);
});
for (;;) await b.ringBufferPoll();
