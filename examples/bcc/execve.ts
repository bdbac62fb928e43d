// Prints every program that starts. `node execve.ts [PID]`: only what that process starts.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 pid;
    u32 ppid;
    char comm[TASK_COMM_LEN];
    char filename[128];
};
BPF_RINGBUF_OUTPUT(events, 64);

RAW_TRACEPOINT_PROBE(sched_process_exec) {
    struct task_struct *task = (struct task_struct *)ctx->args[0];
    struct linux_binprm *bprm = (struct linux_binprm *)ctx->args[2];
    if (ONLY_PID && task->real_parent->tgid != ONLY_PID) return 0;

    struct event *event = events.ringbuf_reserve(sizeof(*event));
    if (!event) return 0;
    event->pid = task->tgid;
    event->ppid = task->real_parent->tgid;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    bpf_probe_read_kernel_str(event->filename, sizeof(event->filename), bprm->filename);
    events.ringbuf_submit(event, 0);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const events = b.get('events');
console.log('PID      PPID     COMM             FILENAME');
events.openRingBuffer((_ctx, data) => {
  const { pid, ppid, comm, filename } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${String(ppid).padEnd(8)} ${comm.padEnd(16)} ${filename}`);
});
for (;;) await b.ringBufferPoll();
