// What libbpf and we make of the same objects for the running kernel. Run on other kernels too: `npm run test:vm`.
// For relocations the reference is stopped just before it loads, and prints what it would submit: that allows any types as
// target, and programs that no verifier would take. What both load is compared in the kernel.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CORE_KINDS, encodeInstructions, formatInstructions } from '../../src/asm/index.ts';
import { Btf } from '../../src/btf/index.ts';
import { ArgumentError } from '../../src/errors/index.ts';
import { attach, load } from '../../src/kernel/index.ts';
import { type CoreTargets, parseObject, reachablePoison, relocate } from '../../src/spec/index.ts';
import { needs } from '../kernel/support/needs.ts';
import { kernelTest } from '../kernel/support/privileged.ts';
import { bpftool, rewritten, shownMap, translated, withLoaded } from './support/bpftool.ts';
import {
  CORPUS,
  compile as compileC,
  compileReference,
  temporaryDirectory,
  typesOf,
} from './support/corpus.ts';

const VMLINUX = '/sys/kernel/btf/vmlinux';
const folder = temporaryDirectory('corpus');
const reference = compileReference('relocate', join(folder, 'relocate'));

/** Objects that libbpf 1.1 and we load on every kernel since 5.19. */
const LOADED = ['elf-maps', 'elf-programs', 'core-load', 'usdt'];

/** Compiles a file of the corpus. @returns the path of the object. */
function compile(name: string): string {
  const source = join(CORPUS, `${name}.c`);
  return compileC(source, join(folder, `${name}.o`));
}

/** Compares instruction by instruction what libbpf submits with what we do. */
function assertParity(object: string, targetPath: string, targets: CoreTargets) {
  const output = execFileSync(reference, [object, targetPath], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const theirs = new Map(
    output
      .trim()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  const relocated = relocate(parseObject(readFileSync(object), { name: basename(object) }), targets);
  assert.equal(theirs.size, relocated.spec.programs.length);
  for (const { name, instructions } of relocated.spec.programs) {
    const ours = Buffer.from(encodeInstructions(instructions)).toString('hex');
    const slots = (hex: string) => hex.match(/.{16}/g);
    assert.deepEqual(slots(ours), slots(theirs.get(name)!), `${name}\n${formatInstructions(instructions)}`);
  }
  return relocated;
}

kernelTest('every row of the corpus becomes what libbpf makes of it', () => {
  const kernel = compile('core-kernel');
  const { results } = assertParity(compile('core-rows.bpf'), kernel, { vmlinux: typesOf(kernel) });

  const kinds = new Set(results.map(({ kind }) => kind));
  // clang 14 cannot compile bpf_core_type_matches.
  assert.deepEqual(
    CORE_KINDS.filter((kind) => !kinds.has(kind)),
    ['type_matches'],
  );
  const statuses = new Set(results.map(({ outcome }) => outcome.status));
  assert.deepEqual([...statuses].sort(), ['absent', 'poisoned', 'resolved']);
  assert.ok(results.length > 150, `${results.length} relocations`);
});

kernelTest('real fields of the running kernel, and those of others, become what libbpf makes of them', () => {
  const targets = { vmlinux: Btf.parse(readFileSync(VMLINUX), { name: 'vmlinux' }) };
  const { spec, results } = assertParity(compile('core-vmlinux.bpf'), VMLINUX, targets);
  assert.ok(results.length >= 50, `${results.length} relocations`);
  assert.ok(results.some(({ outcome }) => outcome.status === 'poisoned'));
  // Everything that a kernel may lack is guarded in that file.
  assert.deepEqual(spec.programs.flatMap(reachablePoison), []);
});

/** libbpf 1.1 does not know where Debian tells the last number of the kernel's version; later ones and ringtail do. */
function withoutPatch(dump: string): string {
  return dump.replace(/("LINUX_KERNEL_VERSION": )(\d+)/g, (_, key, code) => `${key}${Number(code) >> 8}`);
}

/** What the kernel holds of a program: what must be the same, whoever loaded it. Programs of an object share much of it. */
class Held {
  readonly #asked = new Map<string, unknown>();
  readonly #code: typeof translated;

  constructor(code: typeof translated) {
    this.#code = code;
  }

  of(id: number, name: string, maps: readonly number[], btf: number): Record<string, unknown> {
    return {
      name,
      code: this.#code(id, (map) => this.#map(map)),
      maps: maps.map((map) => this.#map(map)).sort(byName),
      types: this.#once(`btf ${btf}`, () => bpftool('btf', 'dump', 'id', String(btf))),
      contents: maps
        .filter((map) => /rodata|kconfig/.test(String(this.#map(map)['name'])))
        // Frozen maps and the options: nothing has changed them since.
        .map((map) =>
          this.#once(`contents ${map}`, () => withoutPatch(bpftool('map', 'dump', 'id', String(map)))),
        ),
    };
  }

  #map(id: number): Record<string, unknown> {
    return this.#once(`map ${id}`, () => shownMap(id));
  }

  #once<T>(question: string, ask: () => T): T {
    if (!this.#asked.has(question)) this.#asked.set(question, ask());
    return this.#asked.get(question) as T;
  }
}

/** With lines; but bpftool looks up symbols for these, which takes an emulated machine long. */
const CODE = process.env['RINGTAIL_EMULATED'] === undefined ? translated : rewritten;

/** Loads an object by libbpf and by us, and compares what the kernel holds: instructions, lines, maps, types, constants. */
async function assertLoadedAlike(name: string, code = CODE): Promise<void> {
  const path = compile(`${name}.bpf`);
  const held = new Held(code);
  const theirs = withLoaded(path, folder, (programs) =>
    [...programs.values()].map(({ id, name, map_ids, btf_id }) => held.of(id, name, map_ids ?? [], btf_id)),
  );
  const object = await load(path);
  try {
    const ours = Object.values(object.programs).map((program) => {
      const { id, mapIds, btfId } = program.info();
      return held.of(id, program.name, mapIds, btfId);
    });
    assert.ok(theirs.length > 0);
    assert.deepEqual(ours.sort(byName), theirs.sort(byName));
    if (code === translated) assert.ok(ours.some(({ code }) => String(code).includes('; ')));
  } finally {
    await object.close();
  }
}

for (const name of LOADED) {
  kernelTest(`the kernel gets of ${name} what libbpf gives it`, () => assertLoadedAlike(name));
}

kernelTest('the kernel gets of types what libbpf gives it', () => assertLoadedAlike('types', rewritten));

kernelTest('the kernel gets of tracing what libbpf gives it', needs('fentry', 'lsm'), () =>
  assertLoadedAlike('tracing'),
);

function byName(a: { name?: unknown }, b: { name?: unknown }): number {
  return String(a.name) < String(b.name) ? -1 : 1;
}

kernelTest('an object file runs: its events have the type that was found', async () => {
  const object = await load<{ events: { pid: number; sum: number; comm: string; total: bigint } }>(
    compile('elf-programs.bpf'),
  );
  try {
    object.attach();
    const { pid } = spawnSync('/bin/true');
    for await (const event of object.rings.events) {
      if (event.pid !== pid) continue;
      assert.equal(event.comm, 'true');
      assert.ok(event.sum > 0);
      assert.ok(event.total > 40n);
      break;
    }
    assert.deepEqual(Object.keys(object.programs), ['on_exec', 'on_exit', 'on_exit_too']);
  } finally {
    await object.close();
  }
});

kernelTest('programs and maps that an object puts into maps are there', async () => {
  const object = await load(compile('elf-maps.bpf'));
  try {
    const { programs, maps, first, second } = object.maps;
    const key = (index: number): Uint8Array => new Uint8Array(Uint32Array.of(index).buffer);
    // What is looked up in such maps are ids.
    const tails = programs as unknown as { lookup(key: Uint8Array): number | undefined };
    assert.equal(tails.lookup(key(2)), object.programs['tail']!.info().id);
    assert.equal(tails.lookup(key(1)), undefined);
    // The key of `maps` has a type: int.
    const outer = maps as unknown as { lookup(key: number): number | undefined };
    assert.deepEqual(
      [0, 1, 4].map((i) => outer.lookup(i)),
      [undefined, first!.info().id, second!.info().id],
    );
    // Socket filters do not see the Ethernet header.
    assert.equal(object.programs['entry']!.run({ data: new Uint8Array(64) }).returnValue, 64 - 14);
  } finally {
    await object.close();
  }
});

kernelTest('programs that do not load by themselves, or attach nowhere, are left out', async () => {
  const object = await load(compile('elf-optional.bpf'));
  try {
    assert.deepEqual(Object.keys(object.programs), ['on', 'nowhere', 'sleeps']);
    assert.equal(object.attach().links.length, 0);
    assert.throws(() => attach(object.programs['nowhere']!), ArgumentError);
    assert.equal(object.programs['on']!.run({ data: new Uint8Array(64) }).returnValue, 64 - 14 + 2);
  } finally {
    await object.close();
  }
});
