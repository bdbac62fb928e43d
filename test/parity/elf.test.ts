// Compares rooms `elf` and `spec` with the distribution's LLVM and libbpf: what is in an object file, what libbpf opens.
// What it loads is in corpus.test.ts.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { ElfFile, SectionType } from '../../src/elf/index.ts';
import { NotSupportedError } from '../../src/errors/index.ts';
import { load } from '../../src/kernel/index.ts';
import {
  type MapSpec,
  MapType,
  type ObjectSpec,
  ProgramType,
  parseObject,
  parseSection,
} from '../../src/spec/index.ts';
import { SECTIONS } from '../../src/spec/sections.table.ts';
import { CORPUS, compile, compileReference, temporaryDirectory } from './support/corpus.ts';

const dir = temporaryDirectory('elf');
const names = readdirSync(CORPUS)
  .filter((file) => file.startsWith('elf-'))
  .map((file) => file.replace('.bpf.c', ''));
const objects = new Map(
  names.map((name) => [name, compile(join(CORPUS, `${name}.bpf.c`), join(dir, `${name}.o`))]),
);
const reference = compileReference('libbpf-open', join(dir, 'libbpf-open'));

function read(path: string): ObjectSpec {
  return parseObject(readFileSync(path), { name: path });
}

test('sections, symbols and relocations are those that llvm-readelf lists, in both byte orders', () => {
  for (const name of names) {
    for (const target of ['bpfel', 'bpfeb'] as const) {
      const path = compile(join(CORPUS, `${name}.bpf.c`), join(dir, `${name}.${target}.o`), target);
      const elf = ElfFile.parse(readFileSync(path), { name });
      const listed = (...options: string[]): string[] =>
        execFileSync('llvm-readelf', ['-W', ...options, path], { encoding: 'utf8' }).split('\n');
      const hex = (value: number, width: number): string => value.toString(16).padStart(width, '0');

      const sections = listed('-S').flatMap((line) => {
        const match = /^ {2}\[ *(\d+)\] (\S*) +[A-Z_]+ +[0-9a-f]{16} ([0-9a-f]+) ([0-9a-f]+)/.exec(line);
        return match === null ? [] : [match.slice(1).join(' ')];
      });
      const ours = elf.sections.map((s) => [s.index, s.name, hex(s.offset, 6), hex(s.size, 6)].join(' '));
      assert.ok(sections.length > 10);
      assert.deepEqual(ours.slice(1), sections.slice(sections.length - ours.length + 1));

      const symbols = listed('-s').flatMap((line) => {
        const match = /^ +\d+: ([0-9a-f]{16}) +(\d+) (\w+) +(\w+) +(\w+) +(\S+) ?(.*)$/.exec(line);
        return match === null ? [] : [match.slice(1).join(' ').trim()];
      });
      const types = ['NOTYPE', 'OBJECT', 'FUNC', 'SECTION', 'FILE'];
      const table = elf.symbols(elf.sections.find(({ type }) => type === SectionType.SYMTAB)!);
      const ourSymbols = table.map((s) => {
        const where = s.section === 0 ? 'UND' : s.section === 0xfff1 ? 'ABS' : s.section;
        // llvm-readelf prints the name of a section for its symbol, which has none.
        const called = s.type === 3 ? elf.sections[s.section]!.name : s.name;
        const words = [
          ['LOCAL', 'GLOBAL', 'WEAK'][s.binding],
          ['DEFAULT', 'INTERNAL', 'HIDDEN'][s.visibility],
        ];
        return [hex(s.value, 16), s.size, types[s.type], ...words, where, called].join(' ').trim();
      });
      assert.deepEqual(ourSymbols, symbols);

      const relocations = listed('-r').flatMap(
        (line) => /^([0-9a-f]{16}) +([0-9a-f]{16}) /.exec(line)?.slice(1).join(' ') ?? [],
      );
      const ourRelocations = elf.sections
        .filter(({ type }) => type === SectionType.REL)
        .flatMap((section) => elf.relocations(section))
        .map(({ offset, symbol, type }) => `${hex(offset, 16)} ${hex(symbol, 8)}${hex(type, 8)}`);
      assert.deepEqual(ourRelocations, relocations);
    }
  }
});

test('an object is the same in both byte orders, but for its data', () => {
  for (const [name, path] of objects) {
    const big = parseObject(
      readFileSync(compile(join(CORPUS, `${name}.bpf.c`), join(dir, `${name}-big.o`), 'bpfeb')),
      { name },
    );
    const little = parseObject(readFileSync(path), { name });
    assert.deepEqual([little.byteOrder, big.byteOrder], ['little', 'big']);
    assert.deepEqual(big.programs, little.programs);
    const shape = ({ maps }: ObjectSpec): unknown =>
      maps.map(({ key, value, event, contents, inner, ...rest }) => ({
        ...rest,
        types: [key?.id, value?.id, event?.id, inner?.key?.id, inner?.value?.id],
        size: contents?.length,
      }));
    assert.deepEqual(shape(big), shape(little));
    for (const { btf } of [little, big]) assert.ok(btf!.typeCount > 10);
    for (let id = 1; id <= little.btf!.typeCount; id++)
      assert.deepEqual(big.btf!.type(id), little.btf!.type(id));
  }
});

interface OpenedProgram {
  readonly program: string;
  readonly section: string;
  readonly type: number;
  readonly attachType: number;
  readonly autoload: boolean;
  readonly instructions: number;
}
interface OpenedMap {
  readonly map: string;
  readonly type: number;
  readonly value: number;
  readonly valueType: number;
}

/** What libbpf reads from an object file. */
function opened(path: string): { programs: OpenedProgram[]; maps: OpenedMap[] } {
  const { stdout, status, stderr } = spawnSync(reference, [path], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as OpenedProgram | OpenedMap);
  return {
    programs: rows.filter((row): row is OpenedProgram => 'program' in row),
    maps: rows
      .filter((row): row is OpenedMap => 'map' in row)
      // libbpf takes the type of a ring's records for that of values, and the kernel then refuses the ring.
      .map((row) => (row.type === MapType.RINGBUF ? { ...row, value: 0, valueType: 0 } : row)),
  };
}

/** A map as `libbpf-open.c` prints it. */
function printed(map: MapSpec): unknown {
  const isData = /^\.(data|rodata|bss|kconfig)/.test(map.name);
  const page = 4096;
  const rounded = Math.max(page, 2 ** Math.ceil(Math.log2(map.maxEntries)));
  return {
    map: map.kernelName ?? map.name,
    type: MapType[map.type],
    key: map.keySize ?? 0,
    value: map.valueSize ?? 0,
    entries: map.roundUp ? rounded : map.maxEntries,
    flags: map.flags ?? 0,
    numa: map.numaNode ?? 0,
    extra: Number(map.extra ?? 0n),
    keyType: map.key?.id ?? 0,
    valueType: map.value?.id ?? 0,
    contents: isData ? Buffer.from(map.contents ?? new Uint8Array(map.valueSize!)).toString('hex') : '',
  };
}

test('programs and maps are those that libbpf opens', () => {
  for (const path of objects.values()) {
    const theirs = opened(path);
    const spec = read(path);
    assert.deepEqual(spec.maps.map(printed), theirs.maps);
    assert.deepEqual(
      spec.programs.map(({ name, section, autoload = true }) => {
        const { programType, attachType } = parseSection(section);
        return { program: name, section, type: ProgramType[programType], attachType, autoload };
      }),
      theirs.programs.map(({ instructions: _, ...rest }) => rest),
    );
  }
});

test('sections say what they say to libbpf, for all that it knows', () => {
  const keys = Object.keys(SECTIONS).filter((key) => !key.startsWith('struct_ops'));
  const sections = keys.flatMap((key) => {
    const name = key.replace('+', '');
    if (!key.endsWith('+')) return [name, `?${name}`];
    return [name, `${name}/${/^(tp|tracepoint)/.test(name) ? 'category/target' : 'target'}`];
  });
  const source = sections.map(
    (section, i) => `__attribute__((section("${section}"), used)) int p${i}(void *ctx) { return 0; }`,
  );
  writeFileSync(join(dir, 'sections.c'), `${source.join('\n')}\n`);
  const path = compile(join(dir, 'sections.c'), join(dir, 'sections.o'));
  const theirs = new Map(opened(path).programs.map((program) => [program.program, program]));
  let compared = 0;
  for (const { name, section, autoload = true } of read(path).programs) {
    const { type, attachType, autoload: theirAutoload } = theirs.get(name)!;
    assert.equal(autoload, theirAutoload, section);
    const ours = parseSection(section);
    // 0: a section that came after this libbpf.
    if (type === 0) continue;
    assert.deepEqual([section, ProgramType[ours.programType], ours.attachType], [section, type, attachType]);
    compared++;
  }
  assert.equal(theirs.size, sections.length);
  assert.ok(compared > 120, `${compared} of ${sections.length}`);
});

test('the type of events is the one named, or the one of their size, or none with a hint', () => {
  const rings = (name: string): unknown =>
    read(objects.get(name)!)
      .maps.filter(({ type }) => type === 'RINGBUF')
      .map(({ name, event, eventHint }) => {
        const type = event?.btf.type(event.btf.resolve(event.id));
        return [name, type?.kind === 'struct' ? type.name : undefined, eventHint?.replace(/;.*/, '')];
      });
  assert.deepEqual(rings('elf-optional'), [
    ['mixed', undefined, 'ring mixed: records of 8, 4 bytes'],
    ['named', 'record', undefined],
  ]);
  assert.deepEqual(rings('elf-programs'), [['events', 'event', undefined]]);
  assert.deepEqual(rings('elf-maps'), [['ring', undefined, 'ring ring: no size of its records is known']]);
});

test('what libbpf has given up or this version lacks is refused in plain words', async () => {
  const refuse = async (
    source: string,
    message: RegExp,
    target: 'bpfel' | 'bpfeb' = 'bpfel',
  ): Promise<void> => {
    writeFileSync(join(dir, 'refused.c'), source);
    const path = compile(join(dir, 'refused.c'), join(dir, 'refused.o'), target);
    await assert.rejects(
      load(path),
      (error) => error instanceof NotSupportedError && message.test(error.message),
    );
  };
  const section = (name: string): string => `__attribute__((section("${name}"), used))`;
  await refuse(`int ${section('maps')} old = 1;`, /legacy/);
  await refuse(`int ${section('.struct_ops')} ops = 1;`, /struct_ops/);
  await refuse(`int ${section('socket')} f(void *c) { return 0; }`, /big-endian/, 'bpfeb');
});
