// BPF_STACK_TRACE: where a process sends signals from. `node stacks.ts [PID]`: only that process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 pid;
    s32 user;
    s32 kernel;
};
BPF_RINGBUF_OUTPUT(events, 8);
BPF_STACK_TRACE(stacks, 1024);

TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    struct event event = { .pid = bpf_get_current_pid_tgid() >> 32 };
    if (ONLY_PID && event.pid != ONLY_PID) return 0;
    event.user = stacks.get_stackid(args, BPF_F_USER_STACK);
    event.kernel = stacks.get_stackid(args, 0);
    events.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const [events, stacks] = [b.get('events'), b.get('stacks')];
console.log('stacks of kill()');
events.openRingBuffer((_ctx, data) => {
  const { pid, user, kernel } = events.event(data);
  console.log(`process ${pid}`);
  for (const name of stacks.walk(kernel, (address) => b.ksym(address, { showOffset: true }))) {
    console.log(`    ${name} [kernel]`);
  }
  for (const name of stacks.walk(user, (address) => b.sym(address, pid, { showModule: true }))) {
    console.log(`    ${name}`);
  }
});
for (;;) await b.ringBufferPoll();
