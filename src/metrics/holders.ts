import { R0, R1, R2, R6, R7, R8, R9 } from '../asm/index.ts';
import type { Btf } from '../btf/index.ts';
import { BpfMap, vmlinuxBtf } from '../kernel/index.ts';
import { MapType } from '../spec/index.ts';
import { cString } from '../sys/index.ts';
import { HOST_ORDER, RecordIterator, RecordProgram } from './iterator.ts';
import { offsetOf } from './offset.ts';

/** A process that holds an fd of a ring. */
export interface RingProcess {
  /** As the machine's own PID namespace counts. */
  readonly pid: number;
  /** The process's name, at most 15 bytes. */
  readonly comm: string;
}

/** `struct { u32 map, pid; char comm[16]; }` */
const FIELDS = { map: 0, pid: 4, comm: 8 } as const;
const RECORD_SIZE = 24;
const COMM_SIZE = 16;

/**
 * Finds the processes that hold fds of rings, by a kernel program that looks at all open files of the machine.
 *
 * Not seen is who holds a ring without an fd: a process that mapped it and closed the fd, a program that uses it, a
 * pin, an outer map, an fd in flight over a socket. Such a ring lives all the same.
 */
export class HolderIterator {
  readonly #iterator: RecordIterator;

  private constructor(iterator: RecordIterator) {
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
    this.#iterator.read((record, at) => {
      const id = record.getUint32(at + FIELDS.map, HOST_ORDER);
      const pid = record.getUint32(at + FIELDS.pid, HOST_ORDER);
      const known = holders.get(id) ?? [];
      // One process may hold several fds of a ring, which come one after another.
      if (known.some((process) => process.pid === pid)) return;
      const bytes = new Uint8Array(record.buffer, record.byteOffset + at, RECORD_SIZE);
      holders.set(id, [...known, { pid, comm: cString(bytes, FIELDS.comm, COMM_SIZE) }]);
    });
    return holders;
  }

  close(): Promise<void> {
    return this.#iterator.close();
  }
}

/** For each open file: r8 = `struct task_struct`, r9 = `struct file`. */
function fileProgram(btf: Btf, name: string, size: number): RecordProgram {
  const b = new RecordProgram(btf, name, size);
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
    const b = fileProgram(btf, 'operations', 8);
    b.load('u32', R1, R6, 16).jumpIf32(R1, '!=', map.fd, 'out');
    b.call('get_current_pid_tgid')
      .rsh(R0, 32)
      .load('u32', R1, R8, offsetOf(btf, 'task_struct', 'tgid'));
    b.jumpIf32(R0, '!=', R1, 'out')
      .load('u64', R1, R9, offsetOf(btf, 'file', 'f_op'))
      .set('u64', 0, R1);
    const iterator = await RecordIterator.open('iter/task_file', b.write());
    try {
      const [operations] = iterator.read((record, at) => record.getBigUint64(at, HOST_ORDER));
      // The map's fd is open while the iterator looks: it cannot be missed.
      return operations!;
    } finally {
      await iterator.close();
    }
  } finally {
    map.close();
  }
}

function holderProgram(btf: Btf, operations: bigint): RecordProgram {
  const map = (member: string): number => offsetOf(btf, 'bpf_map', member);
  const b = fileProgram(btf, 'holders', RECORD_SIZE);
  b.load('u64', R1, R9, offsetOf(btf, 'file', 'f_op'));
  b.loadImm64(R2, operations).jumpIf(R1, '!=', R2, 'out');
  b.load('u64', R7, R9, offsetOf(btf, 'file', 'private_data'));
  b.copy(FIELDS.map, 4, R7, map('map_type')).get('u32', R1, FIELDS.map);
  b.jumpIf(R1, '==', MapType.RINGBUF, 'ring').jumpIf(R1, '!=', MapType.USER_RINGBUF, 'out').label('ring');
  b.copy(FIELDS.map, 4, R7, map('id'));
  b.load('u32', R1, R8, offsetOf(btf, 'task_struct', 'tgid')).set('u32', FIELDS.pid, R1);
  b.copy(FIELDS.comm, COMM_SIZE, R8, offsetOf(btf, 'task_struct', 'comm'));
  return b.write();
}
