// ringbuf_output(): a record is copied from the stack. Prints signals. `node ring-output.ts [PID]`: only those that it sends.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 from;
    s32 to;
    s32 signal;
};
BPF_RINGBUF_OUTPUT(events, 8);

TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    struct event event = {
        .from = bpf_get_current_pid_tgid() >> 32,
        .to = args->pid,
        .signal = args->sig,
    };
    if (ONLY_PID && event.from != ONLY_PID) return 0;
    events.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const events = b.get('events');
console.log('FROM     TO       SIGNAL');
events.openRingBuffer((_ctx, data) => {
  const { from, to, signal } = events.event(data);
  console.log(`${String(from).padEnd(8)} ${String(to).padEnd(8)} ${signal}`);
});
for (;;) await b.ringBufferPoll();
