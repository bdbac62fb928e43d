// Ways around what old kernels lack, on a kernel that lacks nothing: the probes say so, and what stands in is taken too.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { Btf, BtfBuilder, type BtfKindName } from '../../src/btf/index.ts';
import { everyKind } from '../../src/kernel/fallback/every-kind.test.support.ts';
import { haveFeature, KERNEL_FEATURES, type KernelFeature } from '../../src/kernel/fallback/features.ts';
import { sanitizeBtf } from '../../src/kernel/fallback/sanitize-btf.ts';
import {
  BpfObject,
  isAtLeast,
  kernelRelease,
  loadSpec,
  type RingTypes,
  ringEvent,
} from '../../src/kernel/index.ts';
import { parseRelease } from '../../src/kernel/machine.ts';
import { setVariables } from '../../src/spec/index.ts';
import { btfBytes, btfLoad, closeFd, openById } from '../../src/sys/index.ts';
import { compile } from './support/compile.ts';
import { kernelTest as test } from './support/privileged.ts';
import { bpfFiles } from './support/proc.ts';
import { PAGE, producerSpec } from './support/producer.ts';
import { reserve } from './support/programs.ts';

type ExecRings = { events: { readonly pid: number; readonly filename: string } };

/** Loads the exec tracer as a kernel without some features takes it. */
async function loadWithout(...features: KernelFeature[]): Promise<BpfObject<RingTypes<ExecRings>>> {
  const spec = await loadSpec(compile('exec.bpf.c'));
  const ours = setVariables(spec, { only_ppid: process.pid });
  return BpfObject.load<RingTypes<ExecRings>>(ours, {}, (feature) => features.includes(feature));
}

/** Attaches, runs a program, and checks that it is told of, and counted. */
async function works(object: BpfObject<RingTypes<ExecRings>>): Promise<void> {
  object.attach();
  const child = spawnSync('/bin/true');
  const told: ExecRings['events'][] = [];
  await object.rings.events.poll((event) => void told.push(event), { timeoutMs: 5000 });
  assert.deepEqual(
    told.map(({ pid, filename }) => ({ pid, filename })),
    [{ pid: child.pid, filename: '/bin/true' }],
  );
  assert.equal(object.variables['seen']!.value, 7n);
  await object.close();
  assert.deepEqual(bpfFiles(), []);
}

/** Kinds of the types that a program or map has in the kernel. */
function kindsOf(btfId: number): Set<BtfKindName> {
  const fd = openById('BTF', btfId);
  try {
    const btf = Btf.parse(btfBytes(fd, 'the BTF of an object'));
    return new Set(Array.from({ length: btf.typeCount }, (_, i) => btf.type(i + 1).kind));
  } finally {
    closeFd(fd);
  }
}

test('a kernel has every feature that is as old as it is', () => {
  for (const feature of KERNEL_FEATURES) {
    const { available, since, reason } = haveFeature(feature);
    const { major, minor } = parseRelease(since);
    assert.ok(available || !isAtLeast(kernelRelease(), major, minor), `${feature} (${since}): ${reason}`);
  }
});

test('without names the kernel has none, and everything works', async () => {
  const object = await loadWithout('prog_name');
  assert.equal(object.programs['on_exec']!.info().name, '');
  assert.deepEqual(
    Object.values(object.maps).map((map) => map.info().name),
    Object.values(object.maps).map(() => ''),
  );
  await works(object);
});

test('without the new helpers the old ones read the name of the file', async () => {
  const object = await loadWithout('probe_read_kernel');
  await works(object);
});

test('without mapped arrays variables are read by system calls', async () => {
  const object = await loadWithout('array_mmap');
  assert.equal(object.maps['.bss']!.info().flags, 0);
  await works(object);
});

for (const [what, features, ofProgram] of [
  ['functions and sections in BTF', ['btf_func', 'btf_global_func', 'btf_datasec'], []],
  ['sections and global functions in BTF', ['btf_global_func', 'btf_datasec'], ['func', 'func_proto']],
] as const) {
  test(`without ${what} programs and maps have what is left`, async () => {
    const spec = await loadSpec(compile('core-load.bpf.c'));
    const object = BpfObject.load(spec, {}, (feature) =>
      (features as readonly KernelFeature[]).includes(feature),
    );
    const unwanted = ['func', 'func_proto', 'var', 'datasec'] as const;
    for (const { btfId } of Object.values(object.programs).map((program) => program.info())) {
      const kinds = btfId === 0 ? new Set() : kindsOf(btfId);
      assert.deepEqual(
        unwanted.filter((kind) => kinds.has(kind)),
        ofProgram,
      );
    }
    const kinds = kindsOf(object.maps['sums']!.info().btfId);
    assert.ok(kinds.has('int') && !kinds.has('datasec'));
    await object.close();
    await works(await loadWithout(...features));
  });
}

test('the type of a ring is told without a compiler too, in kinds that the kernel has', async () => {
  const b = new BtfBuilder();
  const float = b.add({ kind: 'float', name: 'double', size: 8 });
  const values = [{ name: 'HUGE', value: 2n ** 40n }];
  const large = b.add({ kind: 'enum64', name: 'large', size: 8, signed: false, values });
  const members = [float, large].map((type, i) => ({ name: `m${i}`, type, bitOffset: 64 * i, bitSize: 0 }));
  const id = b.add({ kind: 'struct', name: 'no identifier', size: 16, members });
  const event = { btf: Btf.parse(b.build()), id };
  const { maps, ...rest } = producerSpec(PAGE, [reserve()]);
  const spec = { ...rest, maps: maps.map((map) => (map.name === 'ring' ? { ...map, event } : map)) };
  for (const lacked of [['btf_enum64'], ['btf_enum64', 'btf_float']]) {
    const object = BpfObject.load(spec, {}, (feature) => lacked.includes(feature));
    const { id: program, btfId } = object.programs['reserve']!.info();
    const found = ringEvent({ name: 'ring', id: object.maps['ring']!.info().id }, [program]).event!;
    const struct = found.btf.type(found.id);
    assert.deepEqual(struct.kind === 'struct' && [struct.name, struct.size], ['no_identifier', 16]);
    const kinds = kindsOf(btfId);
    assert.deepEqual([kinds.has('enum64'), kinds.has('float')], [false, lacked.length === 1]);
    await object.close();
  }
});

test('without BTF programs have none', async () => {
  const spec = await loadSpec(compile('core-load.bpf.c'));
  const object = BpfObject.load(spec, {}, (feature) => feature === 'btf' || feature === 'btf_func');
  for (const program of Object.values(object.programs)) assert.equal(program.info().btfId, 0);
  await object.close();
  await works(await loadWithout('btf', 'btf_func'));
});

test('what stands in for a kind is taken by the kernel, whichever of the kinds are missing', () => {
  const { btf } = everyKind();
  const features = KERNEL_FEATURES.filter((feature) => feature.startsWith('btf_'));
  // From a kernel that lacks one to one that lacks them all: in each the newest are missing.
  const byAge = features.sort((a, b) => code(haveFeature(b).since) - code(haveFeature(a).since));
  // What this kernel lacks is always missing.
  const lacked = byAge.filter((feature) => !haveFeature(feature).available).length;
  for (let count = lacked; count <= byAge.length; count++) {
    const missing = byAge.slice(0, count);
    const sanitized = sanitizeBtf(btf, (feature) => missing.includes(feature));
    closeFd(btfLoad(sanitized.bytes, `BTF without ${missing.join(', ')}`));
  }
});

function code(release: string): number {
  const { major, minor } = parseRelease(release);
  return major * 1000 + minor;
}
