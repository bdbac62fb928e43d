/** A tracer in BCC's dialect. */
export const TEXT = `BPF_RINGBUF_OUTPUT(buffer, 16);
struct event { u32 pid; char comm[16]; };
RAW_TRACEPOINT_PROBE(sched_process_exec) {
    struct event *event = buffer.ringbuf_reserve(sizeof(*event));
    if (!event) return 0;
    event->pid = bpf_get_current_pid_tgid() >> 32;
    bpf_get_current_comm(event->comm, sizeof(event->comm));
    buffer.ringbuf_submit(event, 0);
    return 0;
}`;

/** Loads it with this library, and ends right after its header. */
export const PROGRAM = `import { BPF } from 'ringtail/bcc';
const b = new BPF({ text: process.argv[1] });
b.get('buffer').openRingBuffer(() => {});
console.log('PID      COMM');
b.close();`;
