import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after } from 'node:test';
import { type BpfObject, CompileError, compileC, load, readIterator } from '../../src/index.ts';
import { act, ON_ACT, withDialect } from './support/dialect.ts';
import { kernelTest as test } from './support/privileged.ts';
import { Probed } from './support/probed.ts';
import { withTracefs } from './support/tracefs.ts';

withTracefs();
const probed = new Probed();
after(() => probed[Symbol.dispose]());

/** What a text sends while `work` runs, of rings called `out`. */
function events(object: BpfObject): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  object.rings['out']!.consume((event) => void found.push(event as Record<string, unknown>));
  return found;
}

/** Fields of `/proc/self/stat` behind the name: state, parent, group. */
function stat(): string[] {
  return readFileSync('/proc/self/stat', 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ');
}

test('reads through pointers of the kernel: chains, members of members, arrays, macros, structs, pointers in maps', () =>
  withDialect(
    `#include <linux/sched.h>
#include <linux/nsproxy.h>
struct out { u32 parent, same, third, again, level, letter, copied, flag; u64 group; char comm[TASK_COMM_LEN]; };
BPF_RINGBUF_OUTPUT(out, 1);
BPF_HASH(tasks, u32, struct task_struct *);
#define PARENT(t) t->real_parent->tgid
static u32 level(struct task_struct *task) { return task->nsproxy->pid_ns_for_children->level; }
/* ü: clang counts bytes */
${ON_ACT}
    struct task_struct *task = (struct task_struct *)bpf_get_current_task(), **kept;
    struct out e = {};
    u32 key = 0;
    e.parent = task->real_parent->tgid; /* ü */ e.same = PARENT(task);
    e.third = (*task).real_parent[0].tgid;
    tasks.update(&key, &task);
    kept = tasks.lookup(&key);
    if (kept) e.again = (*kept)->real_parent->tgid;
    e.level = level(task);
    e.letter = task->comm[1];
    struct list_head children = task->real_parent->children;
    e.copied = children.next != NULL;
    e.flag = task->in_execve + 2 * task->real_parent->no_cgroup_migration;
    bpf_probe_read_kernel(&e.group, sizeof(e.group), &task->group_leader->start_time);
    e.group -= task->group_leader->start_time;
    bpf_probe_read_kernel_str(e.comm, sizeof(e.comm), task->group_leader->comm);
    out.ringbuf_output(&e, sizeof(e), 0);
    return 0;
}`,
    (object) => {
      act();
      const comm = readFileSync(`/proc/${process.pid}/comm`, 'latin1').trim();
      const parent = Number(stat()[1]);
      const [event] = events(object);
      assert.equal(typeof event?.['level'], 'number');
      assert.deepEqual(
        { ...event, level: 0 },
        {
          parent,
          same: parent,
          third: parent,
          again: parent,
          level: 0,
          letter: comm.charCodeAt(1),
          copied: 1,
          flag: 0,
          group: 0n,
          comm,
        },
      );
    },
  ));

test("constants and small functions of the kernel's headers are there, and clang warns of none of it", async () => {
  const text = `#include <linux/sched.h>
#include <net/inet_sock.h>
struct out { char name[DNAME_INLINE_LEN]; char disk[DISK_NAME_LEN]; u32 sizes[3]; };
BPF_RINGBUF_OUTPUT(out, 1);
BPF_PERCPU_ARRAY(scratch, struct out, 1);
int probe(struct pt_regs *ctx, struct task_struct *task, struct sock *sk, struct request *rq) {
    u32 zero = 0;
    struct out *e = scratch.lookup(&zero);
    if (unlikely(!e) || READ_ONCE(task->__state) == TASK_RUNNING || !(rq->cmd_flags & REQ_SYNC)) return 0;
    struct list_head *head = &task->children;
    e->sizes[0] = min((size_t)task->pid, sizeof(e->name)) + list_entry(head->next, struct task_struct, sibling)->pid;
    e->sizes[1] = min_t(u32, tcp_sk(sk)->srtt_us, U32_MAX) + inet_sk(sk)->inet_sport;
    e->sizes[2] = sk->sk_state + inet_sk(sk)->inet_dport + sk->sk_net.net->ns.inum + sk->sk_v6_daddr.in6_u.u6_addr32[1];
    scratch.update(&zero, e);
    out.ringbuf_output(e, sizeof(*e), 0);
    return 0;
}`;
  const spec = await compileC(text, { onWarning: ({ problem, line }) => assert.fail(`${line}: ${problem}`) });
  const programs = spec.programs.map((program) => ({ ...program, section: 'kprobe', autoload: true }));
  await using object = await load({ ...spec, programs });
  assert.ok(object.programs['probe']!.info().verifiedInstructions > 0);
});

test('what is ours is read and written as it stands', async () => {
  const spec = await compileC(
    `struct out { u32 a; u32 b[4]; };
struct scratch { struct out one; u32 *none; };
BPF_RINGBUF_OUTPUT(out, 1);
BPF_PERCPU_ARRAY(scratches, struct scratch, 1);
static void fill(struct out *o, char *text) { o->a++; o->b[1] = o->a + text[0]; }
TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    int zero = 0;
    char text[4] = "x";
    struct scratch *s = scratches.lookup(&zero);
    struct out *o = out.ringbuf_reserve(sizeof(*o)), *other;
    if (!o) return 0;
    *o = (struct out){};
    other = o;
    fill(other, text);
    if (s) { fill(&s->one, text); o->b[2] = s->one.b[args->sig & 3]; }
    out.ringbuf_submit(o, 0);
    return 0;
}`,
  );
  const helpers = spec.programs[0]!.instructions.filter(({ opcode, src }) => opcode === 0x85 && src === 0);
  // map_lookup_elem twice (its own, the drops'), reserve, submit: no reads.
  assert.deepEqual(
    helpers.map(({ imm }) => imm).sort((a, b) => a - b),
    [1, 1, 131, 132],
  );
});

test('a pointer of the user is read from the memory of the user', () =>
  withDialect(
    `struct out { u32 first, argument; };
BPF_RINGBUF_OUTPUT(out, 1);
TRACEPOINT_PROBE(syscalls, sys_exit_execve) { return 0; }
TRACEPOINT_PROBE(syscalls, sys_enter_openat) {
    if (bpf_get_current_pid_tgid() >> 32 != PID) return 0;
    struct out e = { args->filename[0], args->filename[1] };
    out.ringbuf_output(&e, sizeof(e), 0);
    return 0;
}`,
    (object) => {
      readFileSync('/proc/self/stat');
      assert.deepEqual(
        events(object).find(({ first }) => first === '/'.charCodeAt(0)),
        { first: '/'.charCodeAt(0), argument: 'p'.charCodeAt(0) },
      );
    },
  ));

test('raw tracepoints: their arguments are pointers of the kernel, and texts behind a record are found', () =>
  withDialect(
    `struct out { u32 pid, old; char name[32]; };
BPF_RINGBUF_OUTPUT(out, 4);
RAW_TRACEPOINT_PROBE(sched_process_exec) {
    struct task_struct *task = (struct task_struct *)ctx->args[0];
    struct linux_binprm *bprm = (struct linux_binprm *)ctx->args[2];
    struct out e = {};
    if (task->real_parent->tgid != PID) return 0;
    e.pid = task->tgid;
    e.old = ctx->args[1];
    bpf_probe_read_kernel_str(e.name, sizeof(e.name), bprm->filename);
    e.name[0] = bprm->filename[1];
    out.ringbuf_output(&e, sizeof(e), 0);
    return 0;
}
int tracepoint__sched__sched_process_exec(struct tracepoint__sched__sched_process_exec *args) {
    struct out e = {};
    e.pid = args->pid;
    e.old = args->old_pid;
    TP_DATA_LOC_READ_STR(&e.name, filename, sizeof(e.name));
    out.ringbuf_output(&e, sizeof(e), 0);
    return 0;
}`,
    (object) => {
      const { pid } = spawnSync('/bin/true');
      assert.deepEqual(
        events(object)
          .filter((event) => event['pid'] === pid)
          .map(({ name }) => name)
          .sort(),
        ['/bin/true', 'bbin/true'],
      );
    },
  ));

test('a function without a known name is attached where it is said: a uprobe, a uretprobe', () =>
  withDialect(
    `#include <uapi/linux/ptrace.h>
BPF_HASH(calls, u64, u64);
int entered(struct pt_regs *ctx) { calls.increment(1); calls.increment(PT_REGS_IP(ctx) != 0 ? 2 : 3); return 0; }
int left(struct pt_regs *ctx) { calls.increment(10); return 0; }`,
    (object) => {
      probed.run(5);
      assert.deepEqual(
        [...object.maps['calls']!.entries()].map((entry) => entry as unknown as [bigint, bigint]).sort(),
        [
          [1n, 5n],
          [10n, 5n],
          [2n, 5n],
        ],
      );
    },
    { entered: `uprobe/${probed.program}:rt_first`, left: `uretprobe/${probed.program}:rt_first` },
  ));

test('iterators: what the verifier trusts is left alone', () =>
  withDialect(
    `BPF_ITER(task) {
    struct seq_file *seq = ctx->meta->seq;
    struct task_struct *task = ctx->task;
    if (task == NULL || task->tgid != PID || task->pid != task->tgid) return 0;
    u32 ids[2] = { task->tgid, task->real_parent->tgid };
    bpf_seq_write(seq, ids, sizeof(ids));
    return 0;
}`,
    (object) => {
      const link = object.programs['bpf_iter__task']!.attach();
      const bytes = readIterator(link);
      link.close();
      assert.deepEqual([bytes.readUInt32LE(0), bytes.readUInt32LE(4)], [process.pid, Number(stat()[1])]);
    },
  ));

test('programs of kinds that this machine attaches no probes of load', () =>
  withDialect(
    `#include <net/sock.h>
BPF_HASH(seen, u64);
int kprobe__tcp_v4_connect(struct pt_regs *ctx, struct sock *sk) {
    seen.increment(sk->__sk_common.skc_dport + (sk->sk_protocol << 16));
    return 0;
}
int kretprobe__tcp_v4_connect(struct pt_regs *ctx) { seen.increment(PT_REGS_RC(ctx)); return 0; }
int syscall__execve(struct pt_regs *ctx, const char *filename, const char *const *argv) {
    seen.increment(filename[0]);
    if (argv) seen.increment(argv[1][0]);
    return 0;
}`,
    (object) => {
      assert.deepEqual(Object.keys(object.programs).sort(), [
        'kprobe__tcp_v4_connect',
        'kretprobe__tcp_v4_connect',
        'syscall__execve',
      ]);
    },
    { kprobe__tcp_v4_connect: 'kprobe', kretprobe__tcp_v4_connect: 'kretprobe', syscall__execve: 'kprobe' },
  ));

test('errors of clang are shown in the text as it is written', async () => {
  const text = `BPF_HASH(seen);
int probe(struct pt_regs *ctx) {
    u64 key = 1, *found;
    /* ü */ found = seen.lookup(&key) + undeclared; seen.lookup(found)->pid = 3;
    return 0;
}`;
  await assert.rejects(compileC(text, { name: 'wrong.c' }), (error) => {
    assert.ok(error instanceof CompileError);
    assert.deepEqual([error.file, error.line], ['wrong.c', 4]);
    const at = error.errors.map(({ column, sourceLine }) => sourceLine.slice(column - 1).slice(0, 10));
    assert.deepEqual(at, ['undeclared', '->pid = 3;']);
    assert.equal(error.sourceLine, text.split('\n')[3]);
    return true;
  });
});
