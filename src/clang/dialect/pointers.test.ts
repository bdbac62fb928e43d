import assert from 'node:assert/strict';
import test from 'node:test';
import { mayReadKernel } from './pointers.ts';
import { tokenize } from './tokens.ts';

const EVENT = 'struct event { u32 pid; char name[16]; };\n';

test('a program that has pointers to its own structs and to its context alone reads nothing else', () => {
  for (const text of [
    'struct event *e = ring.ringbuf_reserve(8); e->pid = 1;',
    'int f(struct pt_regs *ctx) { return PT_REGS_RC(ctx); }',
    'int f(struct tracepoint__a__b *args) { return args->filename + args->pid; }',
  ])
    assert.ok(!mayReadKernel(tokenize(EVENT + text)), text);
});

test('any other pointer may lead to the kernel', () => {
  for (const text of [
    'struct task_struct *t;',
    'struct event **e;',
    'return *(char *)PT_REGS_PARM1(ctx);',
    'return args->name[0];',
    'return (args->file)->inode;',
    'return args->file->inode;',
    '#define PARENT(t) t->real_parent->tgid\n',
  ])
    assert.ok(mayReadKernel(tokenize(EVENT + text)), text);
});
