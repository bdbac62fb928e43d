// A sample of each CPU, 99 times in a second: which programs run. `node perf-event.ts [PID]`: only that process.
import { setTimeout } from 'node:timers/promises';
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct key {
    u32 pid;
    char comm[TASK_COMM_LEN];
};
BPF_HASH(samples, struct key);

int on_sample(struct bpf_perf_event_data *ctx) {
    struct key key = { .pid = bpf_get_current_pid_tgid() >> 32 };
    if (key.pid == 0) return 0;
    bpf_get_current_comm(&key.comm, sizeof(key.comm));
    samples.increment(key);
    return 0;
}
`;

const b = new BPF({ text });
const only = Number(pid) > 0 ? { pid: Number(pid) } : {};
b.attachPerfEvent({ event: 'cpu-clock', sampleFreq: 99, fnName: 'on_sample', ...only });
const samples = b.get('samples');
console.log('SAMPLES  PID      COMM');
for (;;) {
  await setTimeout(1000);
  for (const [{ pid, comm }, count] of samples.items()) {
    console.log(`${String(count).padEnd(8)} ${String(pid).padEnd(8)} ${comm}`);
  }
  samples.clear();
}
