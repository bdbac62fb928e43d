import assert from 'node:assert/strict';
import test from 'node:test';
import { Btf, BtfBuilder } from '../../btf/index.ts';
import { CompileError, NotFoundError } from '../../errors/index.ts';
import type { KernelSource } from '../kernel-source.ts';
import { isBccDialect, rewriteDialect } from './rewrite.ts';

const FORMAT = `name: sched_sample
ID: 300
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;
\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;
\tfield:const struct iovec * vec;\toffset:24;\tsize:8;\tsigned:0;
\tfield:never_heard_of_t odd;\toffset:32;\tsize:2;\tsigned:1;
\tfield:char comm[16];\toffset:34;\tsize:16;\tsigned:0;
`;

const kernel: KernelSource = {
  btf: () => Btf.parse(new BtfBuilder().build(), { name: 'none' }),
  btfHash: () => '',
  tracepointFormat: (category, event) => {
    if (event === 'sched_sample') return FORMAT;
    throw new NotFoundError({
      message: `there is no tracepoint ${category}:${event} on this kernel`,
      remedy: 'Nearest: sched:sched_sample',
    });
  },
};

function rewrite(text: string): string {
  const { code } = rewriteDialect(text, 'a.c', kernel);
  return code.text.slice(0, code.text.indexOf('\n#ifndef BPF_LICENSE'));
}

/** The error for a text, in which `▸` marks the place where it has to be. */
function refuses(marked: string, problem: RegExp): CompileError {
  const at = marked.indexOf('▸');
  let caught: unknown;
  try {
    rewrite(marked.replace('▸', ''));
  } catch (error) {
    caught = error;
  }
  assert.ok(caught instanceof CompileError, String(caught));
  assert.match(caught.message, problem);
  const before = marked.slice(0, at).split('\n');
  assert.deepEqual([caught.line, caught.column], [before.length, before.at(-1)!.length + 1]);
  return caught;
}

test('methods of maps become macros, within arguments and macros too, and nothing else does', () => {
  const maps = 'BPF_HASH(seen); BPF_RINGBUF_OUTPUT(ring, 8); struct { int (*lookup)(int); } other;\n';
  assert.equal(
    rewrite(`${maps}#define SEEN(m, k) m.lookup(k) // other.lookup(&x)
char *s = "seen.lookup(&x)";
static int f(void) { u64 x = 1; seen.increment(*seen.lookup(&x)); return x + other.lookup(3); }`),
    `${maps}#define SEEN(m, k) RT_lookup(m, k) // other.lookup(&x)
char *s = "seen.lookup(&x)";
__attribute__((always_inline)) static int f(void) { u64 x = 1; RT_increment(seen, *RT_lookup(seen, &x)); return x + other.lookup(3); }`,
  );
});

test("the macros of the kernel's headers for members of sockets are spelled out, unless the text has its own", () => {
  assert.equal(
    rewrite(
      '#define DPORT(i) i->inet_dport\nstatic u16 f(struct sock *sk) { return sk->sk_family + s.sk.sk_state + sk_num; }',
    ),
    `#define DPORT(i) i->sk.__sk_common.skc_dport
__attribute__((always_inline)) static u16 f(struct sock *sk) { return sk->__sk_common.skc_family + s.sk.__sk_common.skc_state + sk_num; }`,
  );
  const own = 'struct event { u16 sk_family; } e = { .sk_family = 1 };';
  assert.equal(rewrite(own), own);
});

test('functions become programs by their names, or by what they are called with', () => {
  const lines: [string, string][] = [
    [
      'int kprobe__do_exit(struct pt_regs *ctx) {}',
      'SEC("kprobe/do_exit") int kprobe__do_exit(struct pt_regs *ctx) {}',
    ],
    [
      'int kprobe__do_exit(struct pt_regs *regs, long code)\n{}',
      'SEC("kprobe/do_exit") int RT_KPROBE(kprobe__do_exit, struct pt_regs *regs, long code)\n{}',
    ],
    ['int kprobe__sys_clone(void *ctx) {}', 'SEC("ksyscall/clone") int kprobe__sys_clone(void *ctx) {}'],
    [
      'int syscall__execve(struct pt_regs *ctx, const char *name) {}',
      'SEC("ksyscall/execve") int RT_SYSCALL(syscall__execve, struct pt_regs *ctx, const char *name) {}',
    ],
    [
      'int kretprobe__x(struct pt_regs *ctx) {}',
      'SEC("kretprobe/x") int kretprobe__x(struct pt_regs *ctx) {}',
    ],
    ['int kfunc__vmlinux__x(int a) {}', 'SEC("fentry/x") int BPF_PROG(kfunc__vmlinux__x, int a) {}'],
    ['int kretfunc__tun__x(void) {}', 'SEC("fexit/tun:x") int BPF_PROG(kretfunc__tun__x) {}'],
    [
      'int raw_tracepoint__x(struct bpf_raw_tracepoint_args *ctx) {}',
      'SEC("raw_tracepoint/x") int raw_tracepoint__x(struct bpf_raw_tracepoint_args *ctx) {}',
    ],
    [
      'int tracepoint__sched__sched_sample(void *args) {}',
      'SEC("tracepoint/sched/sched_sample") int tracepoint__sched__sched_sample(void *args) {}',
    ],
    ['int hello(struct pt_regs *ctx) {}', 'SEC("?kprobe") int hello(struct pt_regs *ctx) {}'],
    ['int hello(struct xdp_md *ctx) {}', 'SEC("?xdp") int hello(struct xdp_md *ctx) {}'],
    ['int hello(struct own_args *args) {}', 'SEC("?tracepoint") int hello(struct own_args *args) {}'],
    ['static int hello(void *ctx) {}', '__attribute__((always_inline)) static int hello(void *ctx) {}'],
    ['int add(int a, int b) {}', 'static __attribute__((always_inline)) int add(int a, int b) {}'],
    [
      'int used(void *p) {}\nint f(void *ctx) { return used(ctx); }',
      'static __attribute__((always_inline)) int used(void *p) {}\nSEC("?kprobe") int f(void *ctx) { return used(ctx); }',
    ],
    ['RAW_TRACEPOINT_PROBE(sched_switch) {}', 'RAW_TRACEPOINT_PROBE(sched_switch) {}'],
    ['struct a { int b; } c = { f(1) };', 'struct a { int b; } c = { f(1) };'],
  ];
  for (const [bcc, libbpf] of lines) assert.equal(rewrite(bcc), libbpf);
});

test('headers of the kernel are left out, the own ones stay, and no line moves', () => {
  assert.equal(
    rewrite(
      '#include <uapi/linux/ptrace.h>\n# include <bcc/proto.h>\n#include "own.h"\n#include <stdbool.h>\n',
    ),
    '//nclude <uapi/linux/ptrace.h>\n//include <bcc/proto.h>\n#include "own.h"\n#include <stdbool.h>\n',
  );
});

test('the arguments of a tracepoint are laid out as its format says', () => {
  const { code } = rewriteDialect('TRACEPOINT_PROBE(sched, sched_sample) { return 0; }', 'a.c', kernel);
  assert.equal(
    code.before.split('\n').find((line) => line.includes('tracepoint__')),
    'struct iovec; struct tracepoint__sched__sched_sample { char rt_padding0[8]; int data_loc_filename; signed int pid; ' +
      'int dfd; char rt_padding1[4]; const struct iovec * vec; signed short odd; char comm[16]; };',
  );
});

test('maps and their types that BPF_TABLE and maps of maps name as texts become words', () => {
  assert.equal(
    rewrite('BPF_TABLE("lru_hash", u32, u64, t, 8); BPF_ARRAY_OF_MAPS(outer, "t", 2); int x = t.lookup(&y);'),
    'BPF_TABLE( lru_hash , u32, u64, t, 8); BPF_ARRAY_OF_MAPS(outer,  t , 2); int x = RT_lookup(t, &y);',
  );
});

test('what is not supported is told at its place, with what to write instead', () => {
  assert.match(
    refuses('BPF_PERF_OUTPUT(e);\nint f(void *ctx) { e.▸perf_submti(ctx); }', /map e .* no method/).hint,
    /perf_submit/,
  );
  assert.match(
    refuses('int f(void *ctx) { ▸bpf_usdt_readarg(1, ctx, &x); }', /bpf_usdt_readarg/).hint,
    /BPF_USDT/,
  );
  assert.match(refuses('BPF_TABLE(▸"hesh", u32, u64, t, 8);', /no maps of type "hesh"/).hint, /hash/);
  assert.match(
    refuses('▸TRACEPOINT_PROBE(sched, sched_simple) {}', /no tracepoint sched:sched_simple/).hint,
    /sched_sample/,
  );
  refuses('int ▸tracepoint__sched(void *ctx) {}', /does not say which tracepoint/);
  refuses(
    'int ▸kprobe__x(struct pt_regs *ctx, int a, int b, int c, int d, int e, int f, int g) {}',
    /kprobe__x takes 7 arguments/,
  );
});

test('places in the result lead back to the text', () => {
  const text = 'BPF_HASH(h);\nint kprobe__x(struct pt_regs *ctx, int a) { return *h.lookup(&later); }';
  const { code } = rewriteDialect(text, 'a.c', kernel);
  for (const word of ['kprobe__x,', 'int a', 'later', 'return']) {
    const at = code.sourceOffset!(code.text.indexOf(word));
    if (word !== 'kprobe__x,') assert.ok(text.startsWith(word, at), word);
    else assert.ok(text.startsWith('kprobe__x', at));
  }
});

test('a text is for libbpf if it has sections or headers of libbpf', () => {
  assert.ok(isBccDialect('int hello(void *ctx) { return 0; } // SEC("x")'));
  assert.ok(!isBccDialect('SEC("xdp") int hello(void *ctx) { return 0; }'));
  assert.ok(!isBccDialect('#include <bpf/bpf_helpers.h>\nint x;'));
  assert.ok(!isBccDialect('char l[] __attribute__((section("license"))) = "GPL";'));
});

test('texts that are no C end, and soon', () => {
  for (const piece of [
    '"',
    '/*',
    '{',
    '(',
    '#define a(',
    'f(void *x) {',
    '\\\n',
    'struct a {',
    "'",
    'm.lookup(',
  ]) {
    const started = process.cpuUsage();
    rewrite(piece.repeat(5000));
    assert.ok(process.cpuUsage(started).user < 2e6, piece);
  }
});
