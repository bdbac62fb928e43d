import { R6, type Register } from '../../asm/index.ts';
import { type Btf, type BtfType, formatType } from '../../btf/index.ts';
import { ArgumentError, NotFoundError, nearest } from '../../errors/index.ts';
import type { TraceBuilder } from './builder.ts';
import { type Declared, type FieldSource, type IntField, MAX_TEXT } from './field.ts';
import { type IntSize, isIntSize, width } from './int-size.ts';

/** An argument of a tracepoint: slot `index` of the context, 8 bytes each. */
interface Argument {
  readonly name: string;
  readonly type: number;
  readonly index: number;
}

/**
 * The arguments of a tracepoint, and what can be reached from them by a path: `task.real_parent.tgid`. Each dot goes into
 * a struct, or through a pointer to one; a NULL pointer on the way makes the value 0 and the text empty.
 *
 * @param direct the program is `tp_btf` and reads kernel structs by plain loads; others call `bpf_probe_read_kernel`.
 * @throws NotFoundError when the kernel has no such tracepoint.
 */
export function btfFields(btf: Btf, name: string, direct: boolean): FieldSource {
  const args = argumentsOf(btf, name);
  const find = (path: string): Declared | undefined => {
    const [first, ...rest] = path.split('.');
    const argument = args.find((a) => a.name === first);
    return argument === undefined ? undefined : reach(btf, argument, rest, path, direct);
  };
  const declared = args.map((argument) => reach(btf, argument, [], argument.name, direct));
  return { what: `tracepoint ${name}`, declared, find };
}

/** Names of the tracepoints that the kernel's BTF knows. */
export function btfTracepoints(btf: Btf): string[] {
  return [...btf.names('typedef')]
    .filter((name) => name.startsWith(TYPEDEF))
    .map((name) => name.slice(TYPEDEF.length))
    .sort();
}

const TYPEDEF = 'btf_trace_';

/**
 * `typedef void (*btf_trace_NAME)(void *, …)` has the types and no names. Those are in the function that calls a tracepoint's
 * programs one by one (from 5.10), or in the one that calls BPF's, which some tracepoints share.
 */
function argumentsOf(btf: Btf, name: string): Argument[] {
  const pointer = btf.find('typedef', TYPEDEF + name);
  if (pointer === undefined) {
    const close = nearest(name, btfTracepoints(btf));
    throw new NotFoundError({
      message: `there is no tracepoint ${name} in the BTF of this kernel`,
      remedy: close.length > 0 ? `Nearest: ${close.join(', ')}` : "List them: ringtail trace -l 'tp_btf:*'",
    });
  }
  const named = [`__traceiter_${name}`, `__bpf_trace_${name}`].map((f) => btf.find('func', f));
  const prototype = named.find((id) => id !== undefined) ?? pointer;
  // The first parameter is not the tracepoint's.
  return parameters(btf, prototype).map((p, i) => ({ name: p.name || `arg${i}`, type: p.type, index: i }));
}

function parameters(btf: Btf, id: number): { name: string; type: number }[] {
  const type = btf.type(btf.resolve(id));
  if (type.kind === 'ptr' || type.kind === 'func') return parameters(btf, type.type);
  return type.kind === 'func_proto' ? type.params.slice(1) : [];
}

/** Where a value lies: behind the pointers at `hops` (bytes from the one before), or in the argument itself. */
interface Place {
  readonly type: number;
  readonly hops: readonly number[];
  /** Bits from the last pointer. */
  readonly bitOffset: number;
  /** Width of a bitfield; 0 for others. */
  readonly bitSize: number;
  readonly inArgument: boolean;
}

function reach(
  btf: Btf,
  argument: Argument,
  path: readonly string[],
  name: string,
  direct: boolean,
): Declared {
  let place: Place = { type: argument.type, hops: [], bitOffset: 0, bitSize: 0, inArgument: true };
  for (const word of path) {
    const type = btf.type(btf.resolve(place.type));
    if (place.inArgument && type.kind !== 'ptr') {
      throw new ArgumentError({
        message: `${name}: ${argument.name} is no pointer to a struct`,
        remedy: `Name it without a member: ${argument.name}.`,
      });
    }
    const behind = type.kind === 'ptr' ? type.type : place.type;
    const member = btf.member(behind, word);
    const through = type.kind === 'ptr' && !place.inArgument;
    place = {
      type: member.type,
      hops: through ? [...place.hops, place.bitOffset / 8] : place.hops,
      bitOffset: member.bitOffset + (type.kind === 'ptr' ? 0 : place.bitOffset),
      bitSize: member.bitSize,
      inArgument: false,
    };
  }
  return new Reader(argument.index, place, direct).field(btf, name);
}

/** Writes the code that reads one place. */
class Reader {
  readonly #index: number;
  readonly #place: Place;
  readonly #direct: boolean;

  constructor(index: number, place: Place, direct: boolean) {
    this.#index = index;
    this.#place = place;
    this.#direct = direct;
  }

  field(btf: Btf, name: string): Declared {
    const id = btf.resolve(this.#place.type);
    const target = btf.type(id);
    const type = formatType(btf, this.#place.type);
    switch (target.kind) {
      case 'ptr': {
        const { isText, isUser } = pointee(btf, target.type);
        if (!isText) return this.#int(name, type, { size: 8, signed: false, shownAs: 'pointer' });
        const address = (b: TraceBuilder, dst: Register) => this.#value(b, dst, 8, true);
        return { kind: 'text', name, type, size: MAX_TEXT - 1, memory: isUser ? 'user' : 'kernel', address };
      }
      case 'int':
      case 'enum':
      case 'enum64': {
        const { size, signed } = target;
        if (!isIntSize(size)) break;
        const shownAs = target.kind === 'int' && target.bool ? 'bool' : 'number';
        return this.#int(name, type, { size, signed, shownAs });
      }
      case 'array': {
        const element = btf.type(btf.resolve(target.type));
        const size = btf.sizeof(id);
        if (element.kind !== 'int' || size === 0 || size > MAX_TEXT) break;
        const address = (b: TraceBuilder, dst: Register) => this.#address(b, dst);
        if (isCharacter(element)) return { kind: 'text', name, type, size, memory: 'kernel', address };
        const { size: elementSize, signed } = element;
        if (!isIntSize(elementSize)) break;
        return {
          kind: 'array',
          name,
          type,
          element: { size: elementSize, signed },
          count: size / elementSize,
          address,
        };
      }
      case 'struct':
      case 'union':
        if (this.#place.inArgument) break;
        throw new ArgumentError({
          message: `${name} is a whole ${type}`,
          remedy: `Name a member: ${target.members
            .slice(0, 3)
            .map((m) => `${name}.${m.name}`)
            .join(', ')}, …`,
        });
    }
    return { kind: 'unreadable', name, type };
  }

  #int(name: string, type: string, of: Pick<IntField, 'size' | 'signed' | 'shownAs'>): IntField {
    const { size, signed } = of;
    const { bitSize } = this.#place;
    const load = (b: TraceBuilder, dst: Register): void => {
      if (bitSize > 0) this.#bits(b, dst, signed);
      else this.#value(b, dst, size, of.shownAs === 'pointer');
      if (bitSize === 0) b.extend(dst, size, signed);
    };
    return { kind: 'int', name, type, ...of, load };
  }

  /**
   * `dst` = the low `size` bytes there; above them anything. A pointer is read by helper: a plain load would leave a typed
   * pointer, which the verifier lets nobody compute with.
   */
  #value(b: TraceBuilder, dst: Register, size: IntSize, isPointer: boolean): void {
    const { inArgument, bitOffset } = this.#place;
    if (!inArgument) this.#access(b, dst, bitOffset / 8, size, this.#direct && !isPointer);
    else if (isPointer) b.probe(dst, R6, this.#index * 8, 8);
    else b.load('u64', dst, R6, this.#index * 8);
  }

  /** A bitfield, from the smallest aligned word around it. Bits are counted as on little-endian machines. */
  #bits(b: TraceBuilder, dst: Register, signed: boolean): void {
    const { bitOffset, bitSize } = this.#place;
    const start = (size: number): number => Math.floor(bitOffset / 8 / size) * size;
    const size = ([1, 2, 4, 8] as const).find((s) => bitOffset + bitSize <= (start(s) + s) * 8) ?? 8;
    this.#access(b, dst, start(size), size, this.#direct);
    b.lsh(dst, 64 - (bitOffset - start(size) * 8) - bitSize);
    if (signed) b.arsh(dst, 64 - bitSize);
    else b.rsh(dst, 64 - bitSize);
  }

  #access(b: TraceBuilder, dst: Register, offset: number, size: IntSize, direct: boolean): void {
    const [none, done] = [b.fresh(), b.fresh()];
    this.#follow(b, dst, none);
    if (direct) b.load(width(size), dst, dst, offset);
    else b.probe(dst, dst, offset, size);
    b.jump(done).label(none).mov(dst, 0).label(done);
  }

  #address(b: TraceBuilder, dst: Register): void {
    const none = b.fresh();
    this.#follow(b, dst, none);
    b.add(dst, this.#place.bitOffset / 8).label(none);
  }

  /** `dst` = the pointer that the place is counted from, or a jump to `none` where one on the way is NULL. */
  #follow(b: TraceBuilder, dst: Register, none: string): void {
    b.load('u64', dst, R6, this.#index * 8).jumpIf(dst, '==', 0, none);
    for (const offset of this.#place.hops) {
      if (this.#direct) b.load('u64', dst, dst, offset);
      else b.probe(dst, dst, offset, 8);
      b.jumpIf(dst, '==', 0, none);
    }
  }
}

/**
 * What is behind a pointer: text, and whether a `__user` tag says that it is in user memory. The name in a dentry is of `unsigned char`;
 * `u8 *`, on the other hand, are bytes.
 */
function pointee(btf: Btf, id: number): { isText: boolean; isUser: boolean } {
  let isUser = false;
  for (let at = id, depth = 0; depth < 32; depth++) {
    const type = btf.type(at);
    if (type.kind === 'type_tag') isUser ||= type.name === 'user';
    else if (type.kind !== 'const' && type.kind !== 'volatile') {
      const isText = isCharacter(type) || (type.kind === 'int' && type.name === 'unsigned char');
      return { isText, isUser };
    }
    at = type.type;
  }
  return { isText: false, isUser };
}

/** gcc's BTF has `char` as an 8-bit int of that name; the flag for it is set by few compilers. */
function isCharacter(type: BtfType): boolean {
  return type.kind === 'int' && (type.char || type.name === 'char');
}
