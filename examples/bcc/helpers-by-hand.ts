// Helpers that a program declares itself are its own, whatever the headers say. Prints the parents of what calls kill().
// `node helpers-by-hand.ts [PID]`: only that process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
static unsigned long long (*bpf_get_current_pid_tgid)(void) = (void *)BPF_FUNC_get_current_pid_tgid;
static long (*bpf_ringbuf_output)(void *ring, void *data, __u64 size, __u64 flags) = (void *)BPF_FUNC_ringbuf_output;
static struct task_struct *(*current)(void) = (void *)BPF_FUNC_get_current_task_btf;

struct event {
    u32 pid;
    u32 parent;
};
BPF_RINGBUF_OUTPUT(events, 8);

TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    struct event event = { .pid = bpf_get_current_pid_tgid() >> 32, .parent = current()->real_parent->tgid };
    if (ONLY_PID && event.pid != ONLY_PID) return 0;
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return 0;
}
`;

const b = new BPF({
  text,
  cflags: [`-DONLY_PID=${Number(pid)}`],
  // A call that the dialect does not know tells nothing about what is sent.
  types: { events: 'struct { u32 pid; u32 parent; }' },
});
const events = b.get('events');
console.log('PID      PARENT');
events.openRingBuffer((_ctx, data) => {
  const { pid, parent } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${parent}`);
});
for (;;) await b.ringBufferPoll();
