// ringbuf_query(): the program looks how full its ring is, and wakes the reader once for many records.
// `node ring-query.ts [PID]`: only writes of that process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 fd;
    u64 bytes;
};
BPF_RINGBUF_OUTPUT(events, 4);

TRACEPOINT_PROBE(syscalls, sys_enter_write) {
    if (ONLY_PID && bpf_get_current_pid_tgid() >> 32 != ONLY_PID) return 0;
    struct event event = { .fd = args->fd, .bytes = args->count };
    u64 waiting = events.ringbuf_query(BPF_RB_AVAIL_DATA);
    events.ringbuf_output(&event, sizeof(event), waiting >= WAKE_AT ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
    return 0;
}
`;

const WAKE_AT = 2048;
const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`, `-DWAKE_AT=${WAKE_AT}`] });
const events = b.get('events');
let [count, bytes] = [0, 0n];
events.openRingBuffer((_ctx, data) => {
  count++;
  bytes += events.event(data).bytes;
});
console.log(`a ring of ${events.query().size} bytes, whose reader is woken when there are ${WAKE_AT}`);
for (;;) {
  const records = await b.ringBufferPoll();
  console.log(`${records} records at once, ${count} writes of ${bytes} bytes in all, ${events.lost} lost`);
}
