import { R0, R1, R2, R6, R7, R8, R9 } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import { BpfMap, vmlinuxBtf } from '../kernel/index.ts';
import { MapType } from '../spec/index.ts';
import { RecordIterator, RecordProgram } from './iterator.ts';

/** A process that holds an fd of a ring. */
export interface RingProcess {
  /** As the machine's own PID namespace counts. */
  readonly pid: number;
  /** The process's name, at most 15 bytes. */
  readonly comm: string;
}

/** What the program writes for each open file that is a ring. */
const RECORD = 'struct { u32 map; u32 pid; char comm[16]; }';

interface Record {
  readonly map: number;
  readonly pid: number;
  readonly comm: string;
}

/**
 * Finds the processes that hold fds of rings, by a kernel program that looks at all open files of the machine.
 *
 * Not seen is who holds a ring without an fd: a process that mapped it and closed the fd, a program that uses it, a
 * pin, an outer map, an fd in flight over a socket. Such a ring lives all the same.
 */
export class HolderIterator {
  readonly #iterator: RecordIterator<Record>;

  private constructor(iterator: RecordIterator<Record>) {
    this.#iterator = iterator;
  }

  /**
   * Loads the program: `iter/task_file`, kernel 5.8.
   *
   * @throws as {@link RingIterator.open}.
   */
  static async open(): Promise<HolderIterator> {
    const btf = vmlinuxBtf();
    const operations = await mapFileOperations(btf);
    return new HolderIterator(await RecordIterator.open('iter/task_file', holderProgram(btf, operations)));
  }

  /** Looks at all open files. @returns the holders of each ring by its id. */
  read(): Map<number, RingProcess[]> {
    const holders = new Map<number, RingProcess[]>();
    for (const { map, pid, comm } of this.#iterator.read()) {
      const known = holders.get(map) ?? [];
      // One process may hold several fds of a ring.
      if (!known.some((process) => process.pid === pid)) holders.set(map, [...known, { pid, comm }]);
    }
    return holders;
  }

  close(): Promise<void> {
    return this.#iterator.close();
  }
}

/** For each open file: r8 = `struct task_struct`, r9 = `struct file`. */
function fileProgram(btf: Btf, name: string, declaration: string): RecordProgram {
  const b = new RecordProgram(btf, name, declaration);
  // context: struct bpf_iter_meta *meta, struct task_struct *task, u32 fd, struct file *file; null at the end
  b.load('u64', R8, R6, 8).jumpIf(R8, '==', 0, 'out').load('u64', R9, R6, 24).jumpIf(R9, '==', 0, 'out');
  return b;
}

/**
 * The address of the kernel's `bpf_map_fops`, by which a file is known to be a map: that of a map's fd of our own.
 * (The address is no secret to who may load such programs, and stays in this process.)
 */
async function mapFileOperations(btf: Btf): Promise<bigint> {
  const map = BpfMap.create({ name: 'ringtail', type: 'ARRAY', keySize: 4, valueSize: 4, maxEntries: 1 });
  try {
    const b = fileProgram(btf, 'operations', 'struct { u64 operations; }');
    b.load('u32', R1, R6, 16).jumpIf32(R1, '!=', map.fd, 'out');
    b.call('get_current_pid_tgid').rsh(R0, 32).load('u32', R1, R8, btf.offsetOf('task_struct', 'tgid'));
    b.jumpIf32(R0, '!=', R1, 'out').load('u64', R1, R9, btf.offsetOf('file', 'f_op')).set('operations', R1);
    const iterator = await RecordIterator.open<{ operations: bigint }>('iter/task_file', b.write());
    try {
      // The map's fd is open while the iterator looks: it cannot be missed.
      return iterator.read()[0]!.operations;
    } finally {
      await iterator.close();
    }
  } finally {
    map.close();
  }
}

function holderProgram(btf: Btf, operations: bigint): RecordProgram {
  const map = (member: string): number => btf.offsetOf('bpf_map', member);
  const b = fileProgram(btf, 'holders', RECORD);
  b.load('u64', R1, R9, btf.offsetOf('file', 'f_op'));
  b.loadImm64(R2, operations).jumpIf(R1, '!=', R2, 'out');
  b.load('u64', R7, R9, btf.offsetOf('file', 'private_data'));
  b.copy('map', R7, map('map_type')).get(R1, 'map');
  b.jumpIf(R1, '==', MapType.RINGBUF, 'ring').jumpIf(R1, '!=', MapType.USER_RINGBUF, 'out').label('ring');
  b.copy('map', R7, map('id'));
  b.load('u32', R1, R8, btf.offsetOf('task_struct', 'tgid')).set('pid', R1);
  b.take('comm', R8, btf.offsetOf('task_struct', 'comm'));
  return b.write();
}
