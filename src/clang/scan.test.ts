import assert from 'node:assert/strict';
import test from 'node:test';
import { tokenize } from './dialect/tokens.ts';
import { LONGEST_TEXT } from './lexical.ts';
import { scanC } from './scan.ts';

test('names that a text gives to its own things are told from those that it only uses', () => {
  const scan = scanC(`
    // struct in_comment { int a; };
    /* a comment of
     * struct in_block { int b; };
     # include <linux/in_block.h>
     */
    // a comment that goes on \\
    struct in_line { int c; };
    #include "vmlinux.h"
    #include <bpf/bpf_helpers.h>
    typedef unsigned int u32;
    typedef struct { u32 a; } pair_t;
    struct event { struct inner { u32 pid; } in; char text[TASK_COMM_LEN]; };
    union __attribute__((packed)) either { int x; };
    enum color { RED = MAX_ORDER, GREEN };
    struct task_struct;
    const char *name = "struct quoted {";
    const volatile u32 limit = PAGE_SIZE, other = sizeof(pair_t);
    struct { __uint(type, BPF_MAP_TYPE_RINGBUF); } events SEC(".maps");
    SEC("tp_btf/sched_process_exec")
    int BPF_PROG(on_exec, struct task_struct *task) { u32 local = RED; return task->pid + local; }
    static int plain(void) { return 0; }`);
  assert.deepEqual([...scan.tags].sort(), ['color', 'either', 'event', 'inner']);
  for (const own of ['u32', 'pair_t', 'RED', 'GREEN', 'name', 'limit', 'other', 'events', 'plain'])
    assert.ok(scan.ordinary.has(own), own);
  for (const used of [
    'MAX_ORDER',
    'PAGE_SIZE',
    'TASK_COMM_LEN',
    'BPF_MAP_TYPE_RINGBUF',
    'task_struct',
    'local',
  ])
    assert.ok(!scan.ordinary.has(used) && (used === 'local' || scan.words.has(used)), used);
  assert.ok(!['in_comment', 'in_block', 'in_line', 'quoted'].some((word) => scan.words.has(word)));
  assert.deepEqual(scan.includes, [
    { name: 'vmlinux.h', quoted: true },
    { name: 'bpf/bpf_helpers.h', quoted: false },
  ]);
});

test('a macro takes its name away from the types only if it is there before them', () => {
  const scan = scanC('#define u32 unsigned\n#include "vmlinux.h"\n#define later(x) \\\n  BPF_ANY + x\n');
  assert.deepEqual([...scan.ordinary], ['u32']);
  assert.deepEqual([...scan.macros], ['u32', 'later']);
  assert.ok(scan.words.has('BPF_ANY'));
});

test('helpers declared by hand are found', () => {
  const scan = scanC(
    'static long (*bpf_ringbuf_output)(void *, void *, __u64, __u64) = (void *)BPF_FUNC_ringbuf_output;\n' +
      'int f(void) { return bpf_ktime_get_ns() + (*other)(1); }',
  );
  assert.deepEqual([...scan.helpers], ['bpf_ringbuf_output']);
});

test('texts that are no C end, and soon', () => {
  for (const text of [
    '"'.repeat(50_000),
    '/*'.repeat(50_000),
    '{'.repeat(50_000),
    '#'.repeat(50_000),
    "'\\",
    ...['/*', '//', '//\\', '#', '#\\', '#"', '#/', '"\\', 'x', '1', '\n'].map((start) =>
      start.padEnd(LONGEST_TEXT, start.slice(-1)),
    ),
    `#${'"\''.repeat(LONGEST_TEXT / 2)}`,
  ]) {
    const started = process.cpuUsage();
    scanC(text);
    tokenize(text);
    assert.ok(process.cpuUsage(started).user < 2_000_000, text.slice(0, 4));
  }
});
