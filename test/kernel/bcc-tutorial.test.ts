import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { compileC, load } from '../../src/kernel/index.ts';
import { kernelTest as test } from './support/privileged.ts';
import { withTracefs } from './support/tracefs.ts';
import { TUTORIAL } from './support/tutorial.ts';

withTracefs();

interface Event {
  readonly pid: number;
  readonly filename: string;
}

test('the program of the tutorial runs as it stands, and its events have the type that it submits', async () => {
  const object = await load(await compileC(TUTORIAL, { name: 'tutorial.c' }));
  try {
    object.attach();
    // The name that is executed is in memory already: it has just been looked for.
    const { pid } = spawnSync('/bin/sh', ['-c', 'exec /bin/true']);
    const events: Event[] = [];
    object.rings['buffer']!.consume((event) => void events.push(event as Event));
    assert.deepEqual(
      events
        .filter((event) => event.pid === pid)
        .map(({ filename }) => filename)
        .slice(-1),
      ['/bin/true'],
    );
    assert.equal(object.rings['buffer']!.stats().dropped, 0n);
  } finally {
    await object.close();
  }
});

test('records that the ring has no room for are counted', async () => {
  const object = await load(
    await compileC(`
BPF_RINGBUF_OUTPUT(full, 1);
struct record { char bytes[2000]; };
TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    if (bpf_get_current_pid_tgid() >> 32 != ${process.pid}) return 0;
    struct record *record = full.ringbuf_reserve(sizeof(*record));
    if (record) full.ringbuf_discard(record, BPF_RB_NO_WAKEUP);
    u64 more[2] = {};
    full.ringbuf_output(&more, sizeof(more), BPF_RB_NO_WAKEUP);
    return 0;
}`),
  );
  try {
    object.attach();
    for (let i = 0; i < 10; i++) process.kill(process.pid, 0);
    // Two rounds fit into 4096 bytes; of the third the large record does not, the small ones do until there is no room.
    const room = 4096 - 8 - 2 * (2008 + 24);
    assert.equal(object.rings['full']!.stats().dropped, BigInt(8 + 8 - Math.floor(room / 24)));
  } finally {
    await object.close();
  }
});
