// A raw tracepoint by RAW_TRACEPOINT_PROBE: processes as they end. `node raw-tracepoint.ts [PID]`: only children of that one.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 pid;
    s32 code;
    u64 lived;
};
BPF_RINGBUF_OUTPUT(events, 16);

RAW_TRACEPOINT_PROBE(sched_process_exit) {
    struct task_struct *task = (struct task_struct *)ctx->args[0];
    if (task->pid != task->tgid) return 0;
    if (ONLY_PID && task->real_parent->tgid != ONLY_PID) return 0;
    struct event event = {
        .pid = task->tgid,
        .code = task->exit_code >> 8,
        .lived = bpf_ktime_get_ns() - task->start_time,
    };
    events.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const events = b.get('events');
console.log('PID      CODE SECONDS');
events.openRingBuffer((_ctx, data) => {
  const { pid, code, lived } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${String(code).padEnd(4)} ${(Number(lived) / 1e9).toFixed(3)}`);
});
for (;;) await b.ringBufferPoll();
