import assert from 'node:assert/strict';
import { type Instruction, ProgramBuilder, R0, R1, R2, R3, R6, R7, R8, R10 } from '../../src/asm/index.ts';
import {
  ArgumentError,
  ClosedError,
  NotFoundError,
  NotSupportedError,
  VerifierError,
} from '../../src/errors/index.ts';
import { attach, BpfProgram, load, readIterator, vmlinuxBtf } from '../../src/kernel/index.ts';
import type { ObjectSpec, ProgramSpec } from '../../src/spec/index.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles, ringMappings } from './support/proc.ts';
import { PAGE } from './support/producer.ts';
import { countRuns } from './support/programs.ts';

const license = 'Dual BSD/GPL';
const mapFds = new Map<string, number>();
const GOOD = new ProgramBuilder().mov(R0, 0).exit().build();
/** Reads a register that nothing was written to. */
const BAD = new ProgramBuilder().mov(R0, R8).exit().build();

function spec(section: string, instructions: readonly Instruction[] = GOOD, name = 'tested'): ProgramSpec {
  return { name, section, instructions };
}

function objectSpec(...programs: ProgramSpec[]): ObjectSpec {
  return {
    name: 'tested',
    license,
    maps: [
      { name: 'ring', type: 'RINGBUF', maxEntries: PAGE },
      { name: 'hits', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 },
    ],
    programs,
  };
}

test('a rejected program is a VerifierError with the whole log, its reason, and the source line', () => {
  const source = { file: 'tested.bpf.c', line: 12, column: 3, text: '  return never_written;' };
  assert.throws(
    () =>
      BpfProgram.load(
        spec(
          'syscall',
          BAD.map((instruction) => ({ ...instruction, source })),
        ),
        { license, mapFds },
      ),
    (error) => {
      assert.ok(error instanceof VerifierError, String(error));
      assert.equal(error.program, 'tested');
      assert.equal(error.summary, 'R8 !read_ok');
      assert.deepEqual(error.source, source);
      assert.match(error.log, /R8 !read_ok\nprocessed \d+ insns/);
      assert.match(error.message, /tested.*R8 !read_ok \[tested\.bpf\.c:12: return never_written;\]$/);
      assert.notEqual(error.remedy, '');
      return true;
    },
  );
  assert.deepEqual(bpfFiles(), []);
});

test('a log larger than the first buffer is fetched whole', () => {
  const b = new ProgramBuilder().mov(R6, R1);
  for (let i = 0; i < 2000; i++)
    b.load('u64', R7, R6, 8 * (i % 4))
      .add(R7, i)
      .store('u64', R10, -8 * (1 + (i % 8)), R7);
  b.mov(R0, R8).exit();
  assert.throws(
    () => BpfProgram.load(spec('syscall', b.build()), { license, mapFds }),
    (error) => {
      assert.ok(error instanceof VerifierError, String(error));
      assert.ok(
        error.log.length > 64 * 1024,
        `a log of ${error.log.length} bytes is too short for this test`,
      );
      assert.match(error.log.slice(0, 2000), /^0: .*/m);
      assert.match(error.summary, /R8 !read_ok/);
      return true;
    },
  );
});

test('a load that fails leaves nothing behind: no file, no map, no program, and the ring free', async () => {
  await assert.rejects(
    load(objectSpec(spec('syscall', GOOD, 'good'), spec('syscall', BAD, 'bad'))),
    VerifierError,
  );
  const unknownMap = new ProgramBuilder().loadMap(R1, 'rings').mov(R0, 0).exit().build();
  await assert.rejects(
    load(objectSpec(spec('syscall', unknownMap))),
    (error) =>
      error instanceof NotFoundError && error.message.includes('rings') && error.remedy.includes('ring'),
  );
  await assert.rejects(load(objectSpec(spec('tp_btf/sched_proces_exec'))), NotFoundError);
  await assert.rejects(load(objectSpec(spec('nonsense/x'))), NotSupportedError);
  const noCounter = { name: 'counted', type: 'RINGBUF', maxEntries: PAGE, dropCounter: 'drops' } as const;
  await assert.rejects(
    load({ ...objectSpec(), maps: [noCounter] }),
    (error) => error instanceof NotFoundError && error.message.includes('drops'),
  );
  // Nothing is pinned or attached here: what no file holds is gone.
  assert.deepEqual(bpfFiles(), []);
  assert.equal(ringMappings(), 0);
});

test('a program that is run gives back its value, its context, and refuses to be attached', async () => {
  const b = new ProgramBuilder().load('u64', R2, R1, 0).add(R2, 1).store('u64', R1, 0, R2).mov(R0, 42).exit();
  const object = await load(objectSpec(spec('syscall', b.build(), 'adder')));
  const ctx = new BigUint64Array([2n ** 40n]);
  const { adder } = object.programs;
  assert.equal(adder!.run({ ctx: new Uint8Array(ctx.buffer) }).returnValue, 42);
  assert.equal(ctx[0], 2n ** 40n + 1n);
  assert.equal(adder!.info().name, 'adder');
  assert.throws(
    () => attach(adder!),
    (error) => error instanceof ArgumentError && error.remedy.includes('run()'),
  );
  assert.deepEqual(object.attach().links, []);
  await object.close();
  assert.throws(() => adder!.run(), ClosedError);
  assert.throws(() => object.attach(), ClosedError);
});

test('parts of an object are found by name, and a wrong name lists the right ones', async () => {
  const object = await load(objectSpec(spec('syscall')));
  assert.throws(
    () => object.maps['hit'],
    (error) => error instanceof NotFoundError && /hits/.test(error.remedy),
  );
  assert.throws(() => object.programs['other'], NotFoundError);
  await object.close();
});

for (const section of ['raw_tracepoint/sys_enter', 'raw_tp/sys_exit', 'tp_btf/sys_enter']) {
  test(`a program runs where its section says: ${section}`, async () => {
    const object = await load(objectSpec(spec(section, countRuns(process.pid))));
    object.attach();
    assert.equal(object.links.length, 1);
    const hits = (): bigint => new BigUint64Array(object.maps['hits']!.lookup(new Uint8Array(4))!.buffer)[0]!;
    const before = hits();
    process.kill(process.pid, 0);
    assert.ok(hits() > before, 'it did not run');
    object.links[0]!.close();
    const after = hits();
    process.kill(process.pid, 0);
    assert.equal(hits(), after, 'it ran after its link was closed');
    await object.close();
    assert.deepEqual(bpfFiles(), []);
  });
}

test('attach() is all or nothing', async () => {
  const object = await load(
    objectSpec(
      spec('raw_tp/sys_enter', countRuns(process.pid), 'first'),
      spec('raw_tp/no_such', GOOD, 'second'),
    ),
  );
  const links = bpfFiles().length;
  assert.throws(() => object.attach());
  assert.deepEqual(object.links, []);
  assert.equal(bpfFiles().length, links);
  await object.close();
});

test('an iterator writes what it sees: every map of the machine by id', async () => {
  const idOffset = vmlinuxBtf().member(vmlinuxBtf().get('struct', 'bpf_map'), 'id').bitOffset / 8;
  const b = new ProgramBuilder()
    .load('u64', R6, R1, 0)
    .load('u64', R7, R1, 8)
    .jumpIf(R7, '==', 0, 'out')
    .load('u32', R2, R7, idOffset)
    .store('u32', R10, -4, R2)
    .load('u64', R1, R6, 0)
    .mov(R2, R10)
    .add(R2, -4)
    .mov(R3, 4)
    .call('seq_write')
    .label('out')
    .mov(R0, 0)
    .exit();
  const object = await load(objectSpec(spec('iter/bpf_map', b.build())));
  object.attach();
  const ids = new Set(new Uint32Array(new Uint8Array(readIterator(object.links[0]!)).buffer));
  for (const map of Object.values(object.maps))
    assert.ok(ids.has(map.info().id), `map ${map.info().id} is missing`);
  // Once more: each read is a run of its own.
  assert.ok(readIterator(object.links[0]!).length > 0);
  await object.close();
  assert.deepEqual(bpfFiles(), []);
});
