import { ProgramBuilder, R0, R1, R2, R6 } from '../../../src/asm/index.ts';
import { type BpfObject, type BpfProgram, load, type ObjectSpec } from '../../../src/index.ts';

/** Of a program that counts its runs. */
export interface CountingOptions {
  /** Counts only runs on behalf of this process. */
  readonly pid?: number;
  /** What it returns; 0 where absent. */
  readonly returns?: number;
  /** Writes the attach cookie down. */
  readonly cookie?: boolean;
  /** Name of the program. */
  readonly name?: string;
}

/** Blueprint of an object with one program, which counts its runs in a map. */
export function countingSpec(section: string, options: CountingOptions = {}): ObjectSpec {
  const b = new ProgramBuilder().mov(R6, R1);
  if (options.pid !== undefined) {
    b.call('get_current_pid_tgid').rsh(R0, 32).jumpIf(R0, '!=', options.pid, 'end');
  }
  b.loadMapValue(R1, 'runs').mov(R2, 1).atomicAdd('u64', R1, 0, R2);
  if (options.cookie)
    b.mov(R1, R6).call('get_attach_cookie').loadMapValue(R1, 'runs', 8).store('u64', R1, 0, R0);
  b.label('end')
    .mov(R0, options.returns ?? 0)
    .exit();
  return {
    name: 'counting',
    license: 'Dual BSD/GPL',
    maps: [{ name: 'runs', type: 'ARRAY', keySize: 4, valueSize: 16, maxEntries: 1 }],
    programs: [{ name: options.name ?? 'count', section, instructions: b.build() }],
  };
}

/** A loaded program that counts its runs. */
export class Counting {
  readonly object: BpfObject;
  readonly program: BpfProgram;

  private constructor(object: BpfObject, name: string) {
    this.object = object;
    this.program = object.programs[name]!;
  }

  static async load(section: string, options: CountingOptions = {}): Promise<Counting> {
    const object = await load(countingSpec(section, options));
    return new Counting(object, options.name ?? 'count');
  }

  /** Runs so far. */
  get runs(): number {
    return Number(this.#word(0));
  }

  /** The cookie of the last run. */
  get cookie(): bigint {
    return this.#word(8);
  }

  close(): Promise<void> {
    return this.object.close();
  }

  #word(offset: number): bigint {
    const value = this.object.maps['runs']!.lookup(new Uint8Array(4))!;
    return new DataView(value.buffer, value.byteOffset).getBigUint64(offset, true);
  }
}
