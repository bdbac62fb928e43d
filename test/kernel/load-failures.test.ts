// Every load that fails, at whatever point, leaves nothing behind.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Instruction, ProgramBuilder, R0, R8 } from '../../src/asm/index.ts';
import { Btf, BtfBuilder } from '../../src/btf/index.ts';
import { BpfLink, BpfMap, type LoadOptions, load } from '../../src/index.ts';
import type { MapSpec, ObjectSpec, ProgramSpec } from '../../src/spec/index.ts';
import { withBpffs } from './support/bpffs.ts';
import { kernelTest as test } from './support/privileged.ts';
import { ringMappings } from './support/proc.ts';
import { PAGE } from './support/producer.ts';
import { types } from './support/types.ts';

const GOOD = new ProgramBuilder().mov(R0, 0).exit().build();
/** Reads a register that nothing was written to. */
const BAD = new ProgramBuilder().mov(R0, R8).exit().build();

const { u32, u64 } = types();

/** Everything that an object can have; with BTF, and a map that is pinned before the next one is made. */
function objectSpec(
  change: { maps?: readonly MapSpec[]; programs?: readonly ProgramSpec[] } = {},
): ObjectSpec {
  return {
    name: 'fails',
    license: 'Dual BSD/GPL',
    maps: [
      { name: 'pinned', type: 'HASH', key: u32, value: u64, maxEntries: 1, pinning: 'name' },
      { name: 'ring', type: 'RINGBUF', maxEntries: PAGE },
      { name: 'inner', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 },
      ...(change.maps ?? []),
    ],
    programs: change.programs ?? [program('first')],
    btf: u32.btf,
  };
}

function program(name: string, instructions: readonly Instruction[] = GOOD, section = 'socket'): ProgramSpec {
  return { name, section, instructions };
}

/** Ids of maps, programs, links and BTF that this process holds, and pins. */
function held(bpffs: string): string[] {
  const ids = readdirSync('/proc/self/fdinfo').flatMap((fd) => {
    try {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
      return info.match(/^(map|prog|link|btf)_id:\s*\d+/gm) ?? [];
    } catch {
      return []; // the directory itself
    }
  });
  return [...ids, ...readdirSync(bpffs, { recursive: true }).map(String)].sort();
}

interface Stage {
  readonly spec: ObjectSpec;
  readonly options?: LoadOptions;
  readonly error: { readonly name: string; readonly message?: RegExp };
}

const data = { name: '.data', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 } as const;
const VERIFIER = { name: 'VerifierError' };

const STAGES: Readonly<Record<string, Stage>> = {
  'a variable that is not there': {
    spec: objectSpec(),
    options: { variables: { nothing: 1 } },
    error: { name: 'NotFoundError', message: /nothing/ },
  },
  'a choice about a program that is not there': {
    spec: objectSpec(),
    options: { programs: { second: { autoload: false } } },
    error: { name: 'NotFoundError', message: /second/ },
  },
  'two maps of one name': {
    spec: objectSpec({ maps: [{ ...data }, { ...data }] }),
    error: { name: 'ArgumentError', message: /two maps named "\.data"/ },
  },
  'two programs of one name': {
    spec: objectSpec({ programs: [program('a'), program('a')] }),
    error: { name: 'ArgumentError', message: /two programs named "a"/ },
  },
  'a map whose name leads out of the directory of pins': {
    spec: objectSpec({ maps: [{ ...data, name: '../../escaped/x', pinning: 'name' }] }),
    error: { name: 'ArgumentError', message: /none for a file/ },
  },
  'types that the kernel refuses': {
    spec: { ...objectSpec(), btf: brokenTypes() },
    error: { name: 'BpfSyscallError', message: /BPF_BTF_LOAD/ },
  },
  'a map that cannot be made': {
    spec: objectSpec({ maps: [{ name: 'bad', type: 'HASH', keySize: 0, valueSize: 8, maxEntries: 1 }] }),
    error: { name: 'BpfSyscallError', message: /map bad/ },
  },
  'a ring whose drops are counted in a map that is not there': {
    spec: objectSpec({ maps: [{ name: 'other', type: 'RINGBUF', maxEntries: PAGE, dropCounter: 'drops' }] }),
    error: { name: 'NotFoundError', message: /drops/ },
  },
  'a map of maps that holds one that is not there': {
    spec: objectSpec({
      maps: [
        {
          name: 'outer',
          type: 'ARRAY_OF_MAPS',
          keySize: 4,
          valueSize: 4,
          maxEntries: 1,
          inner: { name: '', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 },
          slots: ['gone'],
        },
      ],
    }),
    error: { name: 'NotFoundError', message: /gone/ },
  },
  'contents that do not go into a map': {
    spec: objectSpec({
      maps: [{ ...data, type: 'QUEUE', keySize: 0, contents: new Uint8Array(8), frozen: true }],
    }),
    error: { name: 'BpfSyscallError', message: /\.data/ },
  },
  'the first of three programs': {
    spec: objectSpec({ programs: [program('a', BAD), program('b'), program('c')] }),
    error: VERIFIER,
  },
  'the second of three programs': {
    spec: objectSpec({ programs: [program('a'), program('b', BAD), program('c')] }),
    error: VERIFIER,
  },
  'the last of three programs': {
    spec: objectSpec({ programs: [program('a'), program('b'), program('c', BAD)] }),
    error: VERIFIER,
  },
  'a program for something that the kernel does not have': {
    spec: objectSpec({ programs: [program('a'), program('b', GOOD, 'tp_btf/no_such_thing')] }),
    error: { name: 'NotFoundError', message: /program b: this kernel has no BTF for "no_such_thing"/ },
  },
  'a program array that holds one that was not loaded': {
    spec: objectSpec({
      maps: [{ name: 'calls', type: 'PROG_ARRAY', keySize: 4, valueSize: 4, maxEntries: 1, slots: ['gone'] }],
    }),
    error: { name: 'NotFoundError', message: /gone/ },
  },
};

for (const [what, { spec, options, error }] of Object.entries(STAGES)) {
  test(`a load that fails at ${what} leaves nothing behind`, async () => {
    await withBpffs(async (bpffs) => {
      const before = held(bpffs);
      await assert.rejects(load(spec, { ...options, pinPath: join(bpffs, 'here') }), error);
      assert.deepEqual(
        held(bpffs).filter((name) => name !== 'here'),
        before,
      );
      assert.equal(ringMappings(), 0);
    });
  });
}

test('a load that fails at the pin of a map removes the pins that it made, and no others', async () => {
  await withBpffs(async (bpffs) => {
    const second: MapSpec = {
      name: 'taken',
      type: 'HASH',
      key: u32,
      value: u64,
      maxEntries: 1,
      pinning: 'name',
    };
    const other = BpfMap.create({ ...second, maxEntries: 2 }, { pinPath: bpffs });
    const before = held(bpffs);
    const spec = objectSpec({ maps: [second] });
    await assert.rejects(load(spec, { pinPath: bpffs }), { name: 'ArgumentError', message: /max_entries 2/ });
    assert.deepEqual(held(bpffs), before);
    assert.ok(before.includes('taken') && !before.includes('pinned'));
    other.close();
  });
});

test('a load that fails at a pin outside of a bpffs leaves nothing behind', async () => {
  await withBpffs(async (bpffs) => {
    const before = held(bpffs);
    await assert.rejects(load(objectSpec(), { pinPath: '/proc/self' }), /not on a bpffs|ENOENT|EPERM/);
    assert.deepEqual(held(bpffs), before);
  });
});

test('directories for pins are made on a bpffs only', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringtail-pins-'));
  const pinPath = join(folder, 'not', 'here');
  await assert.rejects(load(objectSpec(), { pinPath }), { name: 'ArgumentError', message: /not on a bpffs/ });
  assert.deepEqual(readdirSync(folder), []);
  rmdirSync(folder);
});

test('a program is not loaded once more with a map that was closed', async () => {
  const maps: readonly MapSpec[] = [{ ...data, name: 'counts' }];
  const uses = new ProgramBuilder().loadMap(R0, 'counts').mov(R0, 0).exit().build();
  const spec = { name: 'again', license: 'Dual BSD/GPL', maps, programs: [program('first', uses)] };
  const object = await load(spec);
  object.loadProgram('first').close();
  object.maps['counts']!.close();
  assert.throws(() => object.loadProgram('first'), { name: 'ClosedError', message: /map counts/ });
  await object.close();
});

test('an object that cannot end a link ends the others, and lets go of the rest', async () => {
  await withBpffs(async (bpffs) => {
    const before = held(bpffs);
    const programs = [program('a', GOOD, 'raw_tp/sys_enter')];
    const { maps: _, ...spec } = objectSpec({ programs });
    const object = await load({ ...spec, maps: [] });
    const stuck = new BpfLink('nothing', {
      release: () => {
        throw new Error('stuck');
      },
    });
    object.links.push(stuck);
    object.attach();
    await assert.rejects(async () => object.close(), /stuck/);
    assert.deepEqual(held(bpffs), before);
  });
});

test('attaching that fails at the last program leaves no link, and the object as it was', async () => {
  await withBpffs(async (bpffs) => {
    const before = held(bpffs);
    const programs = [
      program('a', GOOD, 'raw_tp/sys_enter'),
      program('b', GOOD, 'raw_tp/sys_exit'),
      program('c', GOOD, 'raw_tp/no_such'),
    ];
    const object = await load(objectSpec({ programs }), { pinPath: bpffs });
    const loaded = held(bpffs);
    assert.throws(() => object.attach(), { name: 'BpfSyscallError', message: /no_such/ });
    assert.deepEqual(held(bpffs), loaded);
    assert.equal(object.links.length, 0);
    await object.close();
    // What was pinned stays until its pin is removed: that is what pins are for.
    assert.deepEqual(held(bpffs), [...before, 'pinned'].sort());
  });
});

/** A struct whose member lies outside of it. */
function brokenTypes(): Btf {
  const b = new BtfBuilder();
  const members = [{ name: 'outside', type: b.int('int', 4), bitOffset: 64, bitSize: 0 }];
  b.add({ kind: 'struct', name: 'broken', size: 4, members });
  return Btf.parse(b.build(), { name: 'broken' });
}
