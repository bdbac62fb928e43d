import assert from 'node:assert/strict';
import { Child } from './support/child.ts';
import { kernelTest as test } from './support/privileged.ts';

/** What became of an attempt to attach. */
interface Outcome {
  readonly hits?: number;
  readonly name?: string;
  readonly message?: string;
  readonly remedy?: string;
}

/** Attaches a program that counts, in a process that has its own view of the mounts, and makes it run. */
async function attachIn(mounts: string, section: string): Promise<Outcome> {
  const child = Child.start(
    async ({ kernel, programs }, where: string) => {
      const object = await kernel.load({
        name: 'tested',
        license: 'Dual BSD/GPL',
        maps: [{ name: 'hits', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 }],
        programs: [{ name: 'tested', section: where, instructions: programs.countRuns(process.pid) }],
      });
      try {
        object.attach();
        for (let i = 0; i < 10; i++) process.kill(process.pid, 0);
        object.links[0]!.close();
        process.kill(process.pid, 0);
        const [hits] = object.maps['hits']!.lookup(new Uint8Array(4))!;
        console.log(JSON.stringify({ hits }));
      } catch (error) {
        const { name, message, remedy } = error as Error & { remedy: string };
        console.log(JSON.stringify({ name, message, remedy }));
      }
      await object.close();
    },
    [section],
    { mounts },
  );
  const outcome = JSON.parse(await child.line()) as Outcome;
  await child.success();
  return outcome;
}

const UNMOUNT = `for at in $(awk '$3 ~ /^(tracefs|debugfs)$/ { print $2 }' /proc/self/mounts); do umount -l $at; done`;
const MOUNT = `${UNMOUNT}; mount -t tracefs nodev /sys/kernel/tracing`;

test('where tracefs is not mounted the error gives the one command that mounts it', async () => {
  const { name, message, remedy } = await attachIn(UNMOUNT, 'tracepoint/syscalls/sys_enter_kill');
  assert.equal(name, 'ArgumentError');
  assert.match(message!, /tracefs is not mounted/);
  assert.match(remedy!, /mount -t tracefs nodev \/sys\/kernel\/tracing/);
});

test('a tracepoint program runs at its tracepoint, until its link is closed', async () => {
  assert.deepEqual(await attachIn(MOUNT, 'tracepoint/syscalls/sys_enter_kill'), { hits: 10 });
  const elsewhere = `${UNMOUNT}; mount -t debugfs nodev /sys/kernel/debug`;
  assert.deepEqual(await attachIn(elsewhere, 'tp/syscalls/sys_exit_kill'), { hits: 10 });
});

test('a tracepoint that does not exist lists the nearest, of its category or of one like it', async () => {
  for (const section of ['tp/syscalls/sys_enter_kil', 'tp/syscall/sys_enter_kill']) {
    const { name, remedy } = await attachIn(MOUNT, section);
    assert.equal(name, 'NotFoundError');
    assert.match(remedy!, /syscalls:sys_enter_kill/);
  }
});
