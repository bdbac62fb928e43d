import {
  BPF_ALU,
  BPF_ALU64,
  BPF_CALL,
  BPF_CLASS_MASK,
  BPF_JMP,
  BPF_JMP32,
  BPF_K,
  BPF_MOV,
  BPF_ST,
  BPF_STX,
  BPF_X,
  helperId,
  type Instruction,
  LD_IMM64,
} from '../../asm/index.ts';
import { type Btf, formatType } from '../../btf/index.ts';
import type { MapSpec, ProgramSpec, VariableSpec } from '../object.ts';

/** Helpers that make records → the registers of the ring, or perf buffer, and of their size. */
const MAKERS: ReadonlyMap<number, { readonly ring: number; readonly size: number }> = new Map([
  [helperId('ringbuf_output'), { ring: 1, size: 3 }],
  [helperId('ringbuf_reserve'), { ring: 1, size: 2 }],
  [helperId('ringbuf_reserve_dynptr'), { ring: 1, size: 2 }],
  [helperId('perf_event_output'), { ring: 2, size: 5 }],
]);

/**
 * Finds the type of the events of each ring that does not name it, and of each array of perf events into which a program writes.
 *
 * All records of a ring must be of one constant size, and the object's types must have one named struct of that size:
 * the only one, or the only one to which a global variable points (`const struct event *unused`, by which programs
 * keep the type of their events from being left out of the BTF). Structs that CO-RE relocates are the kernel's and do
 * not count. Where that does not decide, events stay bytes, and `eventHint` says why.
 */
export function inferEvents(
  maps: readonly MapSpec[],
  programs: readonly ProgramSpec[],
  btf: Btf,
  variables: readonly VariableSpec[],
): MapSpec[] {
  const sizes = recordSizes(programs);
  const isUntyped = ({ name, type, event }: MapSpec): boolean =>
    event === undefined && (type === 'RINGBUF' || (type === 'PERF_EVENT_ARRAY' && sizes.has(name)));
  const count = maps.filter(isUntyped).length;
  if (count === 0) return [...maps];
  const pointees = pointeesOf(btf, variables);
  const structs = structsBySize(btf, relocatedTypes(programs));
  return maps.map((map) => {
    if (!isUntyped(map)) return map;
    const known = sizes.get(map.name) ?? new Set();
    const [size] = known;
    if (known.size > 1) {
      return hinted(map, `records of ${[...known].map((bytes) => bytes ?? 'varying').join(', ')} bytes`);
    }
    if (size === undefined) {
      // Records of any size, but only one ring and one type that somebody took care to keep.
      const kept = [...structs.values()].flat().filter((id) => pointees.has(id));
      const event = count === 1 ? onlyOne(kept) : undefined;
      return event === undefined
        ? hinted(map, 'no size of its records is known')
        : { ...map, event: { btf, id: event } };
    }
    const fitting = structs.get(size) ?? [];
    const event = onlyOne(fitting) ?? onlyOne(fitting.filter((id) => pointees.has(id)));
    if (event !== undefined) return { ...map, event: { btf, id: event } };
    if (fitting.length === 0) return hinted(map, `no struct of ${size} bytes`);
    const names = fitting.slice(0, SHOWN).map((id) => formatType(btf, id));
    const rest = fitting.length > SHOWN ? ', …' : '';
    return hinted(map, `${fitting.length} structs of ${size} bytes (${names.join(', ')}${rest})`);
  });
}

/** Most structs that a hint names. */
const SHOWN = 4;

function hinted(map: MapSpec, reason: string): MapSpec {
  const { name, type } = map;
  const isRing = type === 'RINGBUF';
  const remedy =
    `name the type ${isRing ? 'in the definition of the map, __type(value, struct event), or ' : ''}here, ` +
    `--type '${name}=struct event', or declare it, --type '${name}=struct { u32 pid; char comm[16]; }'`;
  return { ...map, eventHint: `${isRing ? 'ring' : 'perf buffer'} ${name}: ${reason}; ${remedy}` };
}

/** Sizes of the records that programs make, by ring; undefined for one that is not constant. */
function recordSizes(programs: readonly ProgramSpec[]): Map<string, Set<number | undefined>> {
  const sizes = new Map<string, Set<number | undefined>>();
  for (const { instructions } of programs) {
    for (const [index, { opcode, src, imm }] of instructions.entries()) {
      const registers = opcode === (BPF_JMP | BPF_CALL) && src === 0 ? MAKERS.get(imm) : undefined;
      if (registers === undefined) continue;
      const ring = setterOf(instructions, index, registers.ring)?.reference;
      if (ring?.kind !== 'map') continue;
      const of = sizes.get(ring.name) ?? new Set();
      sizes.set(ring.name, of.add(constantOf(setterOf(instructions, index, registers.size))));
    }
  }
  return sizes;
}

/**
 * The instruction that last set a register before `index`, through copies, in the straight line of code that leads
 * there. Not proof, as another line may lead there too: good for a guess that is shown.
 */
function setterOf(
  instructions: readonly Instruction[],
  index: number,
  register: number,
): Instruction | undefined {
  let wanted = register;
  for (let i = index - 1; i >= 0; i--) {
    const instruction = instructions[i]!;
    const kind = instruction.opcode & BPF_CLASS_MASK;
    if (kind === BPF_JMP || kind === BPF_JMP32) return undefined;
    if (kind === BPF_ST || kind === BPF_STX || instruction.dst !== wanted) continue;
    if (instruction.opcode !== (BPF_ALU64 | BPF_MOV | BPF_X) || instruction.offset !== 0) return instruction;
    wanted = instruction.src;
  }
  return undefined;
}

function constantOf(setter: Instruction | undefined): number | undefined {
  if (setter === undefined) return undefined;
  const { opcode, imm } = setter;
  const isConstant = opcode === (BPF_ALU64 | BPF_MOV | BPF_K) || opcode === (BPF_ALU | BPF_MOV | BPF_K);
  const isWide = opcode === LD_IMM64 && setter.reference === undefined;
  return isConstant || isWide ? imm >>> 0 : undefined;
}

function onlyOne(ids: readonly number[]): number | undefined {
  return ids.length === 1 ? ids[0] : undefined;
}

/** What global variables point to. */
function pointeesOf(btf: Btf, variables: readonly VariableSpec[]): Set<number> {
  const pointees = new Set<number>();
  for (const { type, linkage } of variables) {
    const pointer = btf.type(btf.resolve(type.id));
    if (linkage === 'global' && pointer.kind === 'ptr') pointees.add(btf.resolve(pointer.type));
  }
  return pointees;
}

/** Named structs by their size in bytes, without those given. */
function structsBySize(btf: Btf, without: ReadonlySet<number>): Map<number, number[]> {
  const structs = new Map<number, number[]>();
  for (let id = 1; id <= btf.typeCount; id++) {
    const type = btf.type(id);
    if (type.kind !== 'struct' || type.name === '' || without.has(id)) continue;
    const others = structs.get(type.size);
    if (others === undefined) structs.set(type.size, [id]);
    else others.push(id);
  }
  return structs;
}

function relocatedTypes(programs: readonly ProgramSpec[]): Set<number> {
  const types = new Set<number>();
  for (const { instructions } of programs) {
    for (const { relocation } of instructions) if (relocation !== undefined) types.add(relocation.typeId);
  }
  return types;
}
