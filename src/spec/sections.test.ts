import assert from 'node:assert/strict';
import test from 'node:test';
import { ArgumentError, NotSupportedError } from '../errors/index.ts';
import { AttachType, ProgramFlags } from './constants.ts';
import { parseSection } from './index.ts';

test('a section gives type, attach type, kind, flags and target', () => {
  assert.deepEqual(parseSection('tp_btf/sched_process_exec'), {
    programType: 'TRACING',
    attachKind: 'tp_btf',
    attachType: AttachType.TRACE_RAW_TP,
    flags: 0,
    target: 'sched_process_exec',
  });
  assert.deepEqual(parseSection('uprobe.s//usr/lib/libc.so.6:malloc+8'), {
    programType: 'KPROBE',
    attachKind: 'uprobe',
    attachType: 0,
    flags: ProgramFlags.SLEEPABLE,
    target: '/usr/lib/libc.so.6:malloc+8',
  });
  assert.equal(parseSection('xdp.frags/devmap').flags, ProgramFlags.XDP_HAS_FRAGS);
  assert.equal(parseSection('syscall').flags, ProgramFlags.SLEEPABLE);
});

test('a section may leave the target to whoever attaches', () => {
  assert.equal(parseSection('kprobe').target, undefined);
  assert.equal(parseSection('kprobe/').target, undefined);
  assert.equal(parseSection('fentry').attachType, AttachType.TRACE_FENTRY);
});

test('a name with a slash that is a section of its own has no target', () => {
  const { target, attachType } = parseSection('cgroup/connect4');
  assert.deepEqual([target, attachType], [undefined, AttachType.CGROUP_INET4_CONNECT]);
});

test('what libbpf does not know is refused, with names near it', () => {
  assert.throws(
    () => parseSection('kprobes/do_exit'),
    (error) => error instanceof NotSupportedError && error.remedy.includes('kprobe'),
  );
  for (const section of ['socket/x', '__proto__', 'constructor', 'toString+', '']) {
    assert.throws(() => parseSection(section), NotSupportedError, section);
  }
  assert.throws(() => parseSection('struct_ops/init'), /struct_ops programs are not supported yet/);
});

test('a tracepoint without its category is refused', () => {
  assert.throws(() => parseSection('tp/sched_switch'), ArgumentError);
});
