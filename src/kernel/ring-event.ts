import { BPF_CALL, BPF_JMP, helperId, type Instruction, LD_IMM64, parseInstructions } from '../asm/index.ts';
import { Btf } from '../btf/index.ts';
import { BpfSyscallError, ObjectFormatError } from '../errors/index.ts';
import {
  declaredEvent,
  inferEvents,
  type ProgramSpec,
  type TypeRef,
  type VariableSpec,
} from '../spec/index.ts';
import { btfBytes, closeFd, openById, programInfo, programInstructions } from '../sys/index.ts';
import { kallsyms } from './kallsyms.ts';
import { readMapOfMaps } from './map-of-maps.ts';

/** The type of a foreign ring's records, as far as its programs tell. */
export interface RingEvent {
  readonly event?: TypeRef | undefined;
  /** The types of the first of its programs that brought some, where names can be looked up. */
  readonly btf?: Btf | undefined;
  /** Without `event`: why, in one line. */
  readonly hint?: string | undefined;
}

/** A loaded program, as far as the kernel shows it. */
interface Loaded {
  readonly name: string;
  readonly btfId: number;
  readonly mapIds: readonly number[];
  readonly instructions: Uint8Array;
}

/** `BPF_PSEUDO_MAP_FD`; in a dump the id of the map is in the place of its fd. */
const MAP_REFERENCE = 1;

/**
 * Finds the type of a ring's records from the programs that use it: from its definition (`__type(value, …)`), which loaders
 * leave in the BTF of the programs; else by the size of the records that the programs' instructions make, as for an object
 * file that does not name the type.
 *
 * @param ring name and map id.
 * @param programs ids of programs that use it.
 * @throws PermissionError: ids take CAP_SYS_ADMIN.
 *
 * @example
 * const ring = (await listRings()).find(({ name }) => name === 'events')!;
 * const { event, hint } = ringEvent(ring, (ring.programs ?? []).map(({ id }) => id));
 * if (event === undefined) throw new Error(hint);
 * const tap = RingTap.open(ring.id, { decoder: createDecoder(event.btf, event.id) }); // of ringtail/btf
 */
export function ringEvent(ring: { name: string; id: number }, programs: readonly number[]): RingEvent {
  if (programs.length === 0) return { hint: 'no program uses it, so nothing tells the type of its records' };
  const byBtf = new Map<number, Loaded[]>();
  for (const id of programs) {
    const program = readProgram(id);
    if (program === undefined || program.btfId === 0) continue;
    byBtf.set(program.btfId, [...(byBtf.get(program.btfId) ?? []), program]);
  }
  let first: Btf | undefined;
  let hint = 'its programs were loaded without BTF';
  for (const [btfId, loaded] of byBtf) {
    const btf = readBtf(btfId);
    if (btf === undefined) continue;
    first ??= btf;
    const event = declaredEvent(btf, ring.name) ?? declaredOuter(btf, ring.id, loaded);
    if (event !== undefined) return { event, btf };
    const specs = loaded.map((program) => specOf(program, ring.id));
    const [map] = inferEvents([{ name: RING, type: 'RINGBUF', maxEntries: 0 }], specs, btf, pointersOf(btf));
    if (map?.event !== undefined) return { event: map.event, btf };
    hint = reasonOf(map?.eventHint ?? hint);
  }
  return { btf: first, hint };
}

/** The type that the definition of a map of rings names, where the ring is in one that these programs use. */
function declaredOuter(btf: Btf, ring: number, programs: readonly Loaded[]): TypeRef | undefined {
  for (const id of new Set(programs.flatMap(({ mapIds }) => mapIds))) {
    const outer = readMapOfMaps(id);
    const event = outer?.mapIds.includes(ring) ? declaredEvent(btf, outer.name) : undefined;
    if (event !== undefined) return event;
  }
  return undefined;
}

/** What {@link inferEvents} calls the only map that it is asked about. */
const RING = 'ring';

/** The reason without the remedy, which is for authors. */
function reasonOf(hint: string): string {
  return hint.replace(/^ring \w+: /, '').replace(/;.*$/, '');
}

/** Undefined where it went away meanwhile. */
function readProgram(id: number): Loaded | undefined {
  const what = `program id ${id}`;
  const fd = tryOpen('PROG', id);
  if (fd === undefined) return undefined;
  try {
    const { name, btfId, mapIds } = programInfo(fd, what);
    return { name, btfId, mapIds, instructions: programInstructions(fd, what) };
  } finally {
    closeFd(fd);
  }
}

/** What {@link inferEvents} reads. Takes the addresses of all kernel symbols. */
function specOf({ name, instructions }: Loaded, ring: number): ProgramSpec {
  return { name, section: '', instructions: named(parse(instructions), ring) };
}

function readBtf(id: number): Btf | undefined {
  const fd = tryOpen('BTF', id);
  if (fd === undefined) return undefined;
  try {
    return Btf.parse(btfBytes(fd, `BTF id ${id}`), { name: `BTF ${id} of the ring's programs` });
  } finally {
    closeFd(fd);
  }
}

function tryOpen(kind: 'PROG' | 'BTF', id: number): number | undefined {
  try {
    return openById(kind, id);
  } catch (error) {
    if (error instanceof BpfSyscallError && error.errno === 'ENOENT') return undefined;
    throw error;
  }
}

/** None where the kernel's rewriting has put in what the standard does not have. */
function parse(bytes: Uint8Array): Instruction[] {
  try {
    return parseInstructions(bytes);
  } catch (error) {
    if (error instanceof ObjectFormatError) return [];
    throw error;
  }
}

/** Puts names in the place of the ring's id, and helper ids in the place of their distances from `__bpf_call_base`. */
function named(instructions: readonly Instruction[], ring: number): Instruction[] {
  const base = kallsyms('__bpf_call_base') ?? 0n;
  const makers = new Map<number, number>();
  for (const helper of ['ringbuf_output', 'ringbuf_reserve', 'ringbuf_reserve_dynptr'] as const) {
    const address = kallsyms(`bpf_${helper}`) ?? 0n;
    if (base !== 0n && address !== 0n)
      makers.set(Number(BigInt.asIntN(32, address - base)), helperId(helper));
  }
  return instructions.map((instruction) => {
    const { opcode, src, imm } = instruction;
    if (opcode === LD_IMM64 && src === MAP_REFERENCE && imm === ring) {
      return { ...instruction, reference: { kind: 'map', name: RING } };
    }
    if (opcode !== (BPF_JMP | BPF_CALL) || src !== 0) return instruction;
    return { ...instruction, imm: makers.get(imm) ?? 0 };
  });
}

/** Global variables, by the sections of data that they are in. */
function pointersOf(btf: Btf): VariableSpec[] {
  const variables: VariableSpec[] = [];
  for (const name of btf.names('datasec')) {
    const section = btf.type(btf.get('datasec', name));
    if (section.kind !== 'datasec' || !/^\.(data|rodata|bss)/.test(name)) continue;
    for (const { type, offset, size } of section.variables) {
      const variable = btf.type(type);
      if (variable.kind !== 'var' || variable.linkage === 'extern') continue;
      const { linkage } = variable;
      variables.push({
        name: variable.name,
        map: name,
        offset,
        size,
        type: { btf, id: variable.type },
        linkage,
      });
    }
  }
  return variables;
}
