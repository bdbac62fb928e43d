// BPF_PERF_OUTPUT: a buffer for each CPU, as before kernel 5.8. Prints signals. `node perf-output.ts [PID]`: only those that it
// sends.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 from;
    s32 to;
    char comm[TASK_COMM_LEN];
};
BPF_PERF_OUTPUT(events);

TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    struct event event = { .from = bpf_get_current_pid_tgid() >> 32, .to = args->pid };
    if (ONLY_PID && event.from != ONLY_PID) return 0;
    bpf_get_current_comm(&event.comm, sizeof(event.comm));
    events.perf_submit(args, &event, sizeof(event));
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const events = b.get('events');
events.openPerfBuffer(
  (cpu, data) => {
    const { from, to, comm } = events.event(data);
    console.log(`${String(cpu).padEnd(4)} ${String(from).padEnd(8)} ${String(to).padEnd(8)} ${comm}`);
  },
  { lostCb: (lost) => console.error(`${lost} lost`) },
);
console.log('CPU  FROM     TO       COMM');
for (;;) await b.perfBufferPoll();
