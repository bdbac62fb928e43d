// Functions of the kernel: files that are removed. `node kprobe.ts [PID]`: only by that process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
#include <uapi/linux/ptrace.h>
#include <linux/fs.h>

struct event {
    u32 pid;
    char name[64];
};
BPF_RINGBUF_OUTPUT(events, 16);

int on_unlink(struct pt_regs *ctx, int dfd, struct filename *name) {
    struct event event = { .pid = bpf_get_current_pid_tgid() >> 32 };
    if (ONLY_PID && event.pid != ONLY_PID) return 0;
    bpf_probe_read_kernel_str(event.name, sizeof(event.name), (void *)name->name);
    events.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
b.attachKprobe({ event: 'do_unlinkat', fnName: 'on_unlink' });
const events = b.get('events');
console.log('PID      NAME');
events.openRingBuffer((_ctx, data) => {
  const { pid, name } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${name}`);
});
for (;;) await b.ringBufferPoll();
