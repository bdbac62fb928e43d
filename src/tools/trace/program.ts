import { R0, R1, R2, R3, R4, R6, R7, R8, R9, R10, type Register } from '../../asm/index.ts';
import type { MapSpec, ObjectSpec } from '../../spec/index.ts';
import { countAt, loadElement, perCpuArray } from '../emit.ts';
import { TraceBuilder } from './builder.ts';
import type { IntField, TextField } from './field.ts';
import type { Condition } from './filter/check.ts';
import { branch, filterMemory } from './filter/generate.ts';
import { width } from './int-size.ts';
import type { RecordLayout, Slot } from './record.ts';

/** What lets an event through. */
export interface EventFilter {
  readonly filter?: Condition | undefined;
  /** Process. */
  readonly pid?: number | undefined;
}

/** Stack: the index of an array's element; 8 bytes of 0, the first value of a new key. */
const INDEX = -16;
const ZERO = -24;

/**
 * The program that sends a record for every event.
 *
 * Frame: R6 context, R7 a per-CPU scratch value in which the record is put together, since its size varies, R8 a value, R9 bytes of
 * text so far. The scratch value is the program's alone: the kernel does not run it twice at once on a CPU, and counts what it leaves
 * out for that as `recursion_misses` (raw ones from 6.2: before, an event in an interrupt could garble the record that it interrupts).
 */
export function streamObject(
  section: string,
  layout: RecordLayout,
  filter: EventFilter,
  ringSize: number,
): ObjectSpec {
  const b = begin(filter);
  writeValues(b, layout);
  b.mov(R9, 0);
  for (const slot of textsOf(layout)) appendText(b, slot, layout.fixedSize);
  b.loadMap(R1, 'events').mov(R2, R7).mov(R3, R9).add(R3, layout.fixedSize).mov(R4, 0).call('ringbuf_output');
  b.jumpIf(R0, '==', 0, 'out');
  countAt(b, 'dropped', 0, INDEX);
  end(b);
  const events: MapSpec = {
    name: 'events',
    type: 'RINGBUF',
    maxEntries: ringSize,
    event: layout.type,
    dropCounter: 'dropped',
  };
  return object(section, b, events, layout.maxSize, filter);
}

/** Slots of {@link histogramObject}: one for each power of two, and one for what is below 0. */
export const NEGATIVE_SLOT = 64;
const SLOTS = 65;

/** The program that counts events by the power of two of a number: slot n has 2^n to 2^(n+1) − 1, slot 0 also 0. */
export function histogramObject(section: string, field: IntField, filter: EventFilter): ObjectSpec {
  const b = begin(filter);
  field.load(b, R8);
  b.mov(R9, NEGATIVE_SLOT);
  if (field.signed) b.jumpIf(R8, 's<', 0, 'slot');
  b.mov(R9, 0);
  for (const bits of [32, 16, 8, 4, 2, 1]) {
    const lower = b.fresh();
    b.mov(R1, R8).rsh(R1, bits).jumpIf(R1, '==', 0, lower).mov(R8, R1).add(R9, bits).label(lower);
  }
  b.label('slot');
  countAt(b, 'counts', R9, INDEX);
  end(b);
  return object(section, b, perCpuArray('counts', 8, SLOTS), 0, filter);
}

/** The program that counts all events. */
export function countObject(section: string, filter: EventFilter): ObjectSpec {
  const b = begin(filter);
  countAt(b, 'counts', 0, INDEX);
  end(b);
  return object(section, b, perCpuArray('counts', 8), 0, filter);
}

/** The program that counts events by key. What comes with a new key when the map is full is counted as dropped. */
export function countByObject(
  section: string,
  key: RecordLayout,
  filter: EventFilter,
  maxKeys: number,
): ObjectSpec {
  const b = begin(filter);
  // Keys are compared byte by byte: nothing of another event may be left behind a string or between values.
  for (let offset = 0; offset < key.fixedSize; offset += 8) b.store('u64', R7, offset, 0);
  writeValues(b, key);
  for (const slot of textsOf(key)) readText(b, slot, slot.offset);
  const lookup = (): TraceBuilder => b.loadMap(R1, 'counts').mov(R2, R7).call('map_lookup_elem');
  lookup().jumpIf(R0, '!=', 0, 'found');
  // Another CPU may add the key meanwhile, and must not lose what it has counted: hence 0, and only if new.
  b.store('u64', R10, ZERO, 0)
    .loadMap(R1, 'counts')
    .mov(R2, R7)
    .mov(R3, R10)
    .add(R3, ZERO)
    .mov(R4, BPF_NOEXIST);
  b.call('map_update_elem');
  lookup().jumpIf(R0, '!=', 0, 'found');
  countAt(b, 'dropped', 0, INDEX);
  b.jump('out').label('found').load('u64', R1, R0, 0).add(R1, 1).store('u64', R0, 0, R1);
  end(b);
  const counts: MapSpec = {
    name: 'counts',
    type: 'PERCPU_HASH',
    keySize: key.fixedSize,
    valueSize: 8,
    maxEntries: maxKeys,
  };
  return object(section, b, counts, key.fixedSize, filter);
}

const BPF_NOEXIST = 1;

/** R6 and R7 set up, and the filter passed. */
function begin({ filter, pid }: EventFilter): TraceBuilder {
  const b = new TraceBuilder();
  b.mov(R6, R1);
  if (pid !== undefined) b.call('get_current_pid_tgid').rsh(R0, 32).jumpIf32(R0, '!=', pid, 'out');
  loadElement(b, 'scratch', 0, INDEX);
  b.mov(R7, R0);
  if (filter !== undefined) branch(b, filter, 'out', false);
  return b;
}

function end(b: TraceBuilder): void {
  b.label('out').mov(R0, 0).exit();
}

/** Writes numbers and arrays into their slots. */
function writeValues(b: TraceBuilder, { slots }: RecordLayout): void {
  for (const { field, offset, size } of slots) {
    if (field.kind === 'int') {
      field.load(b, R8);
      b.store(width(field.size), R7, offset, R8);
    } else if (field.kind === 'array') {
      field.address(b, R3);
      b.mov(R1, R7).add(R1, offset).mov(R2, size).call('probe_read_kernel');
    }
  }
}

function textsOf({ slots }: RecordLayout): Slot<TextField>[] {
  return slots.filter((slot): slot is Slot<TextField> => slot.field.kind === 'text');
}

/** Appends a text with its NUL, notes its length, and adds that to R9. */
function appendText(b: TraceBuilder, slot: Slot<TextField>, fixedSize: number): void {
  const [whole, bounded] = [b.fresh(), b.fresh()];
  readText(b, slot, fixedSize, R9);
  b.jumpIf(R0, 's>=', 0, whole).mov(R0, 0).label(whole);
  b.jumpIf(R0, '<=', slot.size, bounded).mov(R0, slot.size).label(bounded);
  b.store('u32', R7, slot.offset, R0).add(R9, R0);
}

/** Reads a text to `R7 + offset`, and as far again as `behind` says. R0 = its bytes with the NUL, or negative. */
function readText(
  b: TraceBuilder,
  { field, size }: Slot<TextField>,
  offset: number,
  behind?: Register,
): void {
  field.address(b, R3);
  b.mov(R1, R7).add(R1, offset);
  if (behind !== undefined) b.add(R1, behind);
  b.mov(R2, size).call(`probe_read_${field.memory}_str`);
}

function object(
  section: string,
  b: TraceBuilder,
  output: MapSpec,
  recordSize: number,
  { filter }: EventFilter,
): ObjectSpec {
  const scratch = Math.max(8, recordSize, filter === undefined ? 0 : filterMemory(filter));
  return {
    name: 'trace',
    license: 'Dual BSD/GPL',
    maps: [output, perCpuArray('dropped', 8), perCpuArray('scratch', scratch)],
    programs: [{ name: 'trace', section, instructions: b.build() }],
  };
}
