// LSM_PROBE: a security hook, here only watched. Prints files that are about to be removed. `node lsm.ts [PID]`: only by that
// process.
import { BPF } from 'ringtail/bcc';

const [pid = '0'] = process.argv.slice(2);
const text = `
struct event {
    u32 pid;
    u64 inode;
};
BPF_RINGBUF_OUTPUT(events, 16);

LSM_PROBE(inode_unlink, struct inode *dir, struct dentry *dentry, int ret) {
    struct event event = { .pid = bpf_get_current_pid_tgid() >> 32 };
    if (ONLY_PID && event.pid != ONLY_PID) return ret;
    event.inode = dentry->d_inode->i_ino;
    events.ringbuf_output(&event, sizeof(event), 0);
    return ret;
}
`;

const b = new BPF({ text, cflags: [`-DONLY_PID=${Number(pid)}`] });
const events = b.get('events');
console.log('PID      INODE');
events.openRingBuffer((_ctx, data) => {
  const { pid, inode } = events.event(data);
  console.log(`${String(pid).padEnd(8)} ${inode}`);
});
for (;;) await b.ringBufferPoll();
