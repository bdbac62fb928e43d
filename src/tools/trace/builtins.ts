import { R0, R1 } from '../../asm/index.ts';
import type { Btf } from '../../btf/index.ts';
import type { Field, IntField } from './field.ts';

/** `TASK_COMM_LEN` without the NUL. */
const COMM_SIZE = 15;

function int(
  name: string,
  size: 4 | 8,
  load: IntField['load'],
  shownAs: IntField['shownAs'] = 'number',
): IntField {
  return { kind: 'int', name, type: `u${size * 8}`, size, signed: false, shownAs, load };
}

/**
 * Values that every tracepoint has, under the names that its own fields leave free. They tell of the task that runs where
 * the tracepoint is hit, which in an interrupt is whoever was interrupted.
 *
 * @param btf of the kernel that will run the program; only asked for what needs offsets.
 */
export function builtins(btf: () => Btf): Field[] {
  const offset = (member: string): number => btf().offsetOf('task_struct', member);
  return [
    int('time', 8, helper('ktime_get_ns'), 'time'),
    int('ns', 8, helper('ktime_get_ns')),
    int('pid', 4, (b, dst) => b.call('get_current_pid_tgid').rsh(R0, 32).mov(dst, R0)),
    int('tid', 4, (b, dst) => b.call('get_current_pid_tgid').mov32(dst, R0)),
    int('ppid', 4, (b, dst) => {
      b.call('get_current_task').probe(R1, R0, offset('real_parent'), 8).probe(dst, R1, offset('tgid'), 4);
    }),
    int('uid', 4, (b, dst) => b.call('get_current_uid_gid').mov32(dst, R0)),
    int('cpu', 4, helper('get_smp_processor_id')),
    int('cgroup', 8, helper('get_current_cgroup_id'), 'cgroup'),
    {
      kind: 'text',
      name: 'comm',
      type: 'char[16]',
      size: COMM_SIZE,
      memory: 'kernel',
      address: (b, dst) => b.call('get_current_task').mov(dst, R0).add(dst, offset('comm')),
    },
  ];
}

function helper(name: 'ktime_get_ns' | 'get_smp_processor_id' | 'get_current_cgroup_id'): IntField['load'] {
  return (b, dst) => {
    b.call(name).mov(dst, R0);
  };
}
