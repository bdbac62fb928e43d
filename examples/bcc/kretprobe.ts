// What functions of the kernel return, by BCC's names for probes and for system calls: files that are removed, and what came of
// it. `node kretprobe.ts [PID]`: only by that process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
#include <uapi/linux/ptrace.h>

struct event {
    u32 pid;
    s32 result;
    char name[64];
};
BPF_RINGBUF_OUTPUT(events, 16);
BPF_HASH(names, u64, struct event);

int syscall__unlink(struct pt_regs *ctx, const char __user *name) {
    u64 thread = bpf_get_current_pid_tgid();
    struct event event = { .pid = thread >> 32 };
    if (ONLY_PID && event.pid != ONLY_PID) return 0;
    bpf_probe_read_user_str(event.name, sizeof(event.name), name);
    names.update(&thread, &event);
    return 0;
}

int kretprobe__do_unlinkat(struct pt_regs *ctx) {
    u64 thread = bpf_get_current_pid_tgid();
    struct event *event = names.lookup(&thread);
    if (!event) return 0;
    event->result = PT_REGS_RC(ctx);
    events.ringbuf_output(event, sizeof(*event), 0);
    names.delete(&thread);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
b.attachKprobe({ event: b.getSyscallFnname('unlink'), fnName: 'syscall__unlink' });
const events = b.get('events');
console.log('PID      RESULT NAME');
events.openRingBuffer((_ctx, data) => {
  const { pid, result, name } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${String(result).padEnd(6)} ${name}`);
});
for (;;) await b.ringBufferPoll();
