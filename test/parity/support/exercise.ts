// All that is done to an object file or to BTF before a kernel is asked, on bytes that may be damaged.
import assert from 'node:assert/strict';
import { Btf, createDecoder, formatC, formatTypeScript, recordMemory } from '../../../src/btf/index.ts';
import { inspectLines } from '../../../src/cli/inspect.ts';
import {
  ArgumentError,
  NotSupportedError,
  ObjectFormatError,
  RelocationError,
} from '../../../src/errors/index.ts';
import {
  describePoison,
  type ObjectSpec,
  parseObject,
  reachablePoison,
  relocate,
} from '../../../src/spec/index.ts';

/** How bytes were taken: read to the end, or refused by which error. */
export type Outcome = 'sound' | 'format' | 'notSupported' | 'relocation';

/** Reads an object file and does what `inspect`, `check`, `types` and `load` do with it, up to the kernel. */
export function exerciseObject(bytes: Uint8Array, kernels: readonly Btf[]): Outcome {
  return outcomeOf(bytes, () => {
    const spec = parseObject(bytes, { name: 'damaged.o' });
    const vmlinux = kernels.find(({ littleEndian }) => littleEndian === (spec.byteOrder === 'little'))!;
    exerciseTypes(spec);
    const { spec: relocated, results } = relocate(spec, { vmlinux });
    inspectLines(spec, results);
    for (const program of relocated.programs) {
      for (const slot of reachablePoison(program)) describePoison(relocated, program, slot, { vmlinux });
    }
  });
}

/** Decodes zeros by each type that the object gives to keys, values and events, and prints the types of events. */
function exerciseTypes({ maps }: ObjectSpec): void {
  for (const { key, value, event } of maps) {
    for (const type of [key, value, event]) if (type !== undefined) decodeZeros(type.btf, type.id);
    if (event === undefined) continue;
    formatC(event.btf, { roots: [event.id] });
  }
}

const ZEROS = recordMemory(new ArrayBuffer(4096), 0, 4096);

function decodeZeros(btf: Btf, id: number): void {
  // The variables of a section are read one by one.
  if (btf.type(id).kind === 'datasec') return;
  const decoder = createDecoder(btf, id);
  if (decoder.size <= ZEROS.bytes.length) decoder.decode(ZEROS, 0);
}

/** Reads BTF, lays out, decodes and prints all of its types. */
export function exerciseBtf(bytes: Uint8Array): Outcome {
  const outcome = outcomeOf(bytes, () => Btf.parse(bytes, { name: 'damaged.btf' }));
  if (outcome !== 'sound') return outcome;
  const btf = Btf.parse(bytes, { name: 'damaged.btf' });
  const outcomes = new Set<Outcome>();
  const step = (run: () => void): void => void outcomes.add(outcomeOf(bytes, run));
  for (let id = 1; id <= btf.typeCount; id++) {
    step(() => withSize(() => btf.sizeof(id)));
    step(() => withSize(() => btf.alignof(id)));
    step(() => {
      const { kind } = btf.type(id);
      if (kind === 'struct' || kind === 'union') decodeZeros(btf, id);
    });
  }
  step(() => void [...btf.names('any')].map((name) => btf.find('any', name)));
  step(() => formatC(btf));
  step(() => formatTypeScript(btf));
  return outcomes.has('format') ? 'format' : 'sound';
}

/** That a type has no size is the caller's mistake, who asks for the size of all of them. */
function withSize(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ArgumentError && error.message.endsWith('has no size'))) throw error;
  }
}

/** Passes on whatever is not an error of the right class, or says too little. */
function outcomeOf(bytes: Uint8Array, run: () => void): Outcome {
  try {
    run();
    return 'sound';
  } catch (error) {
    if (error instanceof ObjectFormatError) {
      assert.ok(error.offset >= 0 && error.offset <= bytes.length, error.message);
      assert.match(error.message, /: at byte \d+: expected \S/);
      return 'format';
    }
    if (error instanceof RelocationError) {
      assert.match(error.message, /: expected \S|has relocations, but not the types/s);
      return 'relocation';
    }
    // A sound file may hold it: the mistake of whoever wrote SEC().
    if (
      error instanceof ArgumentError &&
      /^section ".*" does not say what to attach to$/s.test(error.message)
    ) {
      return 'notSupported';
    }
    if (error instanceof NotSupportedError) {
      assert.notEqual(error.feature, '');
      return 'notSupported';
    }
    throw error;
  }
}
