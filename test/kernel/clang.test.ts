import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { after } from 'node:test';
import { CompileError, type Diagnostic, VerifierError } from '../../src/errors/index.ts';
import { compileC, isAtLeast, kernelRelease, load } from '../../src/kernel/index.ts';
import { Running, ringtail } from './support/cli.ts';
import { kernelTest as test } from './support/privileged.ts';

const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
process.env['XDG_CACHE_HOME'] = join(directory, 'cache');
after(() => rmSync(directory, { recursive: true }));

/** This project's own headers before those that are installed; a copy, since a folder counts once, at its last place. */
const OWN = ['-I', join(directory, 'include')];
cpSync('include', join(directory, 'include'), { recursive: true });
const HEAD = `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "Dual BSD/GPL";
`;

function write(name: string, text: string): string {
  const path = join(directory, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** What the program `entry` of a text returns. */
async function returned(text: string, flags: readonly string[] = OWN): Promise<number> {
  const object = await load(
    await compileC(text, { flags, onWarning: ({ problem }) => assert.fail(problem) }),
  );
  try {
    return object.programs['entry']!.run().returnValue;
  } finally {
    await object.close();
  }
}

test('a program in C is loaded by the name of its file, and its events come typed', async () => {
  const object = await load<{ events: { pid: number; filename: string } }>('test/corpus/exec.bpf.c');
  try {
    object.attach();
    const { pid } = spawnSync('/bin/true');
    for await (const event of object.rings.events) {
      if (event.pid !== pid) continue;
      assert.equal(event.filename, '/bin/true');
      break;
    }
  } finally {
    await object.close();
  }
});

test('what the text defines wins: helpers, structs, typedefs, constants, macros of kernel names', async () => {
  const text = `#define pid_t unsigned short
${HEAD}
static long (*bpf_get_smp_processor_id)(void) = (void *)BPF_FUNC_get_current_pid_tgid;
struct task_struct { short mine; struct file *file; };
typedef signed char u32;
enum { PIDTYPE_PID = 40, AF_INET = 7 };
static struct task_struct task = { .mine = 1 };
SEC("syscall") int entry(void *ctx)
{
  u32 small = (u32)300;
  pid_t wide = (pid_t)65537;
  if ((__u64)bpf_get_smp_processor_id() >> 32 != OWN_PID) return 1;
  return task.mine + small + wide + PIDTYPE_PID + AF_INET + AF_INET6;
}`;
  assert.equal(await returned(text, [...OWN, `-DOWN_PID=${process.pid}`]), 1 + 44 + 1 + 40 + 7 + 10);
});

test('a constant that -D gives is that one; a folder of headers that is none is passed over', async () => {
  const text = `${HEAD}SEC("syscall") int entry(void *ctx) { return NAME_MAX + TASK_COMM_LEN; }`;
  const file = write('file', '');
  assert.equal(await returned(text, [...OWN, '-DNAME_MAX=5', `-I${file}`]), 5 + 16);
});

test('types whose names only a macro or a helper brings along are found all the same', async () => {
  const text = `${HEAD}#include <bpf/bpf_core_read.h>
#define KERNEL(a, b) struct a##b
SEC("syscall") int entry(void *ctx)
{
  return sizeof(KERNEL(mm_, struct)) > 64 && bpf_get_current_task_btf()->tgid == OWN_PID;
}`;
  assert.equal(await returned(text, [...OWN, `-DOWN_PID=${process.pid}`]), 1);
});

test('a text without vmlinux.h needs none', async () => {
  const text = `static unsigned int (*bpf_get_prandom_u32)(void) = (void *)7;
    __attribute__((section("syscall"), used)) int entry(void *ctx) { return bpf_get_prandom_u32() ? 5 : 5; }
    char LICENSE[] __attribute__((section("license"), used)) = "GPL";`;
  assert.equal(await returned(text), 5);
});

test('loops of newer kernels and text by our own headers pass the verifier and count right', async (t) => {
  if (!isAtLeast(kernelRelease(), 6, 4)) return t.skip('bpf_for needs Linux 6.4');
  const text = `${HEAD}
char line[32];
SEC("syscall") int entry(void *ctx)
{
  int i, sum = 0;
  bpf_for(i, 3, 7) sum += i;
  bpf_repeat(5) sum += 100;
  BPF_SNPRINTF(line, sizeof(line), "%d", sum);
  return line[0] == '5' && line[2] == '8' ? sum : -1;
}`;
  assert.equal(await returned(text), 3 + 4 + 5 + 6 + 500);
});

test('programs with arguments of USDT probes pass the verifier with our own header', async () => {
  const text = readFileSync('test/corpus/usdt.bpf.c', 'utf8');
  const object = await load(await compileC(text, { name: 'usdt.bpf.c', flags: OWN }));
  assert.deepEqual(Object.keys(object.programs), ['on_plain', 'on_guarded']);
  await object.close();
});

test('the registers of arm64 are known by their names', async () => {
  const text = `typedef unsigned char __u8; typedef unsigned short __u16; typedef unsigned int __u32;
    typedef unsigned long long __u64; typedef int __s32; typedef long long __s64;
    typedef __u16 __be16; typedef __u32 __be32; typedef __u32 __wsum;
    struct user_pt_regs { __u64 regs[31], sp, pc, pstate; };
    #include <bpf/bpf_helpers.h>
    #include <bpf/bpf_tracing.h>
    SEC("kprobe/x") int BPF_KPROBE(entered, long a, long b) { return a + b + PT_REGS_IP(ctx) + PT_REGS_FP(ctx); }
    SEC("ksyscall/x") int BPF_KSYSCALL(called, long a) { return a; }`;
  const spec = await compileC(text, { flags: [...OWN, '-U__TARGET_ARCH_x86', '-D__TARGET_ARCH_arm64'] });
  const loads = spec.programs[0]!.instructions.filter(({ opcode }) => opcode === 0x79);
  assert.deepEqual(
    loads.map(({ offset }) => offset).sort((a, b) => a - b),
    [0, 8, 29 * 8, 32 * 8],
  );
});

test('errors and warnings have their place in the text or in the header that they are in', async () => {
  const header = write('here/own.h', 'static inline int broken(void)\n{\n\treturn missing;\n}\n');
  const path = write('here/program.c', `${HEAD}#include "own.h"\n\tu33 x; /* é */ u34 y;\n`);
  const name = relative(process.cwd(), path);
  await assert.rejects(compileC(readFileSync(path, 'utf8'), { name }), (error) => {
    assert.ok(error instanceof CompileError);
    const places = error.errors.map(({ file, line, column }) => `${resolve(file)}:${line}:${column}`);
    assert.deepEqual(places, [`${header}:3:9`, `${path}:5:2`, `${path}:5:17`]);
    assert.equal(error.sourceLine, '\treturn missing;');
    assert.equal(error.errors[1]!.file, name);
    return true;
  });
  const warnings: Diagnostic[] = [];
  const text = `${HEAD}SEC("syscall") int entry(void *ctx) { int unused; return LIMIT; }`;
  await compileC(text, { flags: ['-DLIMIT=1'], onWarning: (warning) => warnings.push(warning) });
  assert.deepEqual(
    warnings.map(({ severity, file, line, problem }) => [severity, file, line, problem]),
    [['warning', 'program.c', 4, "unused variable 'unused'"]],
  );
});

test('mistakes that many make are told with what helps', async () => {
  const main = (body: string): string => `${HEAD}SEC("syscall") int entry(void *ctx) { ${body} }`;
  const cases: [text: string, problem: RegExp, hint: RegExp][] = [
    [main('char a[600]; bpf_get_current_comm(a, 600); return a[5];'), /512 bytes/, /bpf_ringbuf_reserve/],
    ['#define SEC(x)\nint f(void) { u32 x; return 0; }', /undeclared identifier 'u32'/, /vmlinux\.h/],
    [
      '#define SEC(x)\nint f(void) { return bpf_ktime_get_ns(); }',
      /'bpf_ktime_get_ns'/,
      /<bpf\/bpf_helpers\.h>/,
    ],
    ['#include "nothing.h"\n#define SEC(x)', /file not found/, /-I/],
    [main('return bpf_get_current_task_btf()->nothing;'), /no member named/, /ringtail vmlinux --type/],
  ];
  for (const [text, problem, hint] of cases) {
    await assert.rejects(compileC(text, { flags: OWN }), (error) => {
      assert.ok(error instanceof CompileError, String(error));
      assert.match(error.problem, problem);
      assert.match(error.hint, hint);
      return true;
    });
  }
});

test('a program that the verifier rejects is told with the line of the text', async () => {
  const text = `${HEAD}SEC("syscall") int entry(void *ctx)
{
  int *value = 0;
  bpf_printk("before");
  return *(volatile int *)bpf_get_current_task(); // here
}`;
  await assert.rejects(
    async () => load(await compileC(text, { name: 'dir/wrong.c' })),
    (error) => {
      assert.ok(error instanceof VerifierError);
      assert.match(error.log, /return \*\(volatile int \*\)bpf_get_current_task\(\); \/\/ here @ wrong\.c:8/);
      return true;
    },
  );
});

test('what the verifier refuses is told with what helps', async () => {
  const text = `${HEAD}struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } ring SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, u32); __type(value, char[8]); } map SEC(".maps");
#define PROGRAM(name) SEC("?socket") int name(struct __sk_buff *skb)
PROGRAM(unchecked) { u32 k = 0; char *v = bpf_map_lookup_elem(&map, &k); return *v; }
PROGRAM(number) { return *(volatile int *)bpf_get_prandom_u32(); }
PROGRAM(kept) { return bpf_ringbuf_reserve(&ring, 8, 0) != 0; }
PROGRAM(beyond) { u32 k = 0; char *v = bpf_map_lookup_elem(&map, &k); return v ? v[skb->len] : 0; }
PROGRAM(endless) { for (;;) barrier_var(skb); return 0; }
PROGRAM(unwritten) { int x; asm volatile("%0 = r7" : "=r"(x)); return x; }`;
  const object = await load(await compileC(text));
  for (const [name, remedy] of Object.entries({
    unchecked: /may be NULL/,
    number: /bpf_probe_read_kernel/,
    kept: /Submit or discard/,
    beyond: /both ends/,
    endless: /Bound each loop/,
    unwritten: /= \{\}/,
  })) {
    assert.throws(() => object.loadProgram(name), { name: 'VerifierError', remedy }, name);
  }
  await object.close();
});

test('global data with a lock in it, which the kernel does not map, is read and written all the same', async () => {
  const text = `${HEAD}struct bpf_spin_lock lock SEC(".data.locked");
u32 count SEC(".data.locked") = 40;
SEC("tc") int bump(struct __sk_buff *skb)
{
  bpf_spin_lock(&lock);
  count++;
  bpf_spin_unlock(&lock);
  return 0;
}`;
  const object = await load(await compileC(text));
  const bump = (): unknown => object.programs['bump']!.run({ data: new Uint8Array(64) });
  const { count } = object.variables as Record<string, { value: unknown }>;
  bump();
  assert.equal(count!.value, 41);
  count!.value = 7;
  bump();
  assert.equal(count!.value, 8);
  await object.close();
});

test('a ring of numbers gives numbers, however it is read', async () => {
  const text = `${HEAD}struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
  __type(value, u64);
} ring SEC(".maps");
u64 next = 1;
SEC("syscall") int send(void *ctx)
{
  u64 value = next++;
  return bpf_ringbuf_output(&ring, &value, sizeof(value), 0);
}`;
  const file = write('numbers.bpf.c', text);
  const object = await load<{ ring: bigint }>(file);
  const { ring } = object.rings;
  const seen: bigint[] = [];
  const note = (value: bigint): void => void seen.push(value);
  for (const read of [
    () => ring.consume(note),
    () => ring.cursor.consume(note),
    () => ring.held.consume((record) => note(record.decode())),
  ]) {
    object.programs['send']!.run();
    assert.equal(read(), 1);
  }
  assert.deepEqual(seen, [1n, 2n, 3n]);
  await object.close();
  assert.match(ringtail('types', file).stdout, /ring: bigint;/);
});

test('flags that ask for no object, and a folder for temporary files that is none, are told so', () => {
  const file = join(directory, 'flags.bpf.c');
  writeFileSync(file, 'int x;\n');
  for (const flag of ['-E', '-S', '-fsyntax-only']) {
    const { status, stderr } = ringtail('compile', file, '--', flag);
    assert.equal(status, 1);
    assert.match(stderr, /made no object file of .*flags\.bpf\.c with the flags -[\w-]+\nLeave out flags/i);
  }
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = '/nowhere';
  try {
    const { status, stderr } = ringtail('compile', file);
    assert.equal(status, 1);
    assert.match(stderr, /in \/nowhere: ENOENT\nSet TMPDIR/);
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
});

test('an object that cannot be written is told so', () => {
  const { status, stderr } = ringtail(
    'compile',
    write('small.c', HEAD),
    '-o',
    join(directory, 'none', 'x.o'),
  );
  assert.equal(status, 1);
  assert.match(stderr, /^ringtail: cannot write .*x\.o: ENOENT.*\nGive a file in a folder that exists/);
});

test('objects hold no path of this machine', async () => {
  const path = write('there/program.c', `${HEAD}SEC("syscall") int entry(void *ctx) { return 1; }`);
  const output = join(directory, 'program.o');
  assert.equal(ringtail('compile', path, '-o', output, '--', '-DX', '-Wall').stderr, '');
  const object = readFileSync(output, 'latin1');
  for (const part of [tmpdir(), process.cwd()]) assert.ok(!object.includes(`${part}/`), part);
});

test('ringtail run, inspect and compile take programs in C and flags of clang', () => {
  const text = `${HEAD}struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, SIZE); } events SEC(".maps");
SEC("tp_btf/sched_process_exit") int entry(void *ctx) { int unused; return 0; }`;
  const path = write('ring.bpf.c', text);
  const inspected = ringtail('inspect', path, '--json', '--', '-DSIZE=8192');
  assert.equal(JSON.parse(inspected.stdout).maps[0].maxEntries, 8192);
  assert.match(inspected.stderr, /ring\.bpf\.c:5:61: warning: unused variable 'unused'\n {2}SEC/);
  const run = ringtail('run', path, '--duration', '10ms', '--', '-DSIZE=4096');
  assert.equal(run.status, 0, run.stderr);
  assert.equal(ringtail('compile', path, '--', '-DSIZE=4096').status, 0);
  const object = path.replace(/c$/, 'o');
  assert.ok(existsSync(object));
  const useless = ringtail('run', object, '--', '-DSIZE=4096');
  assert.equal(useless.status, 2);
  assert.match(useless.stderr, /is compiled already.*\nFlags of clang go with a program in C/);
  const missing = ringtail('compile', path);
  assert.match(
    missing.stderr,
    /^ringtail: .*ring\.bpf\.c:4:\d+: use of undeclared identifier 'SIZE'.*\n {2}struct/,
  );
});

test('ringtail run prints what comes through a perf buffer, and knows its type by the size', async () => {
  const text = `${HEAD}struct exec { u32 parent; char comm[16]; };
struct exec *unused;
struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} execs SEC(".maps"), counters SEC(".maps");
SEC("tp_btf/sched_process_exec") int on_exec(void *ctx)
{
  struct exec exec = { .parent = bpf_get_current_task_btf()->real_parent->tgid };
  bpf_perf_event_read(&counters, 0);

  bpf_get_current_comm(exec.comm, sizeof(exec.comm));
  return exec.parent == OURS ? bpf_perf_event_output(ctx, &execs, BPF_F_CURRENT_CPU, &exec, sizeof(exec)) & 0 : 0;
}`;
  const running = new Running(
    'run',
    write('perf.bpf.c', text),
    '--max-events',
    '1',
    '--',
    `-DOURS=${process.pid}`,
  );
  await running.ready();
  spawnSync('/bin/true');
  const { stdout, stderr, status } = await running.end();
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp(`^PARENT +COMM +\\n${process.pid} +true +\\n$`));
  assert.match(stderr, /^1 events in .* s, 0 lost\n$/);
});
