import { Command } from 'commander';
import { type Instruction, slotCount } from '../asm/index.ts';
import { type Btf, formatType } from '../btf/index.ts';
import { load, type VerifierStats, vmlinuxBtf } from '../kernel/index.ts';
import {
  LogLevel,
  type MapSpec,
  type ObjectSpec,
  parseSection,
  type RelocationResult,
  relocate,
} from '../spec/index.ts';
import { type Column, fit, headerLine, jsonLine, rowLine } from '../text/index.ts';
import { printLines } from './print.ts';
import { readProgram } from './program-file.ts';

/** `ringtail inspect` */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('tell what an object file holds, and how its CO-RE relocations resolve here')
    .argument('<file>', 'object file (.bpf.o), or program in C (.bpf.c)')
    .argument('[flags...]', 'of clang, behind --: -- -DLIMIT=4')
    .option('--load', 'load it too, which takes root, and tell what the verifier did; attaches nothing')
    .option('--json', 'as one line of JSON')
    .action(run);
}

/** What is told of an object. */
interface Report {
  readonly name: string;
  readonly license: string;
  readonly programs: readonly ProgramRow[];
  readonly maps: readonly MapRow[];
  readonly variables: readonly VariableRow[];
  readonly relocations: readonly RelocationRow[];
}

interface ProgramRow {
  readonly name: string;
  readonly section: string;
  readonly type: string;
  /** 8-byte slots, functions that it calls included. */
  readonly instructions: number;
  readonly autoload: boolean;
  /** Of a program that was loaded. */
  readonly verifier?: VerifierStats | undefined;
}

interface MapRow {
  readonly name: string;
  readonly type: string;
  readonly key: string;
  readonly value: string;
  readonly maxEntries: number;
  /** Ring buffers: the type of their events. */
  readonly event: string | undefined;
}

interface VariableRow {
  readonly name: string;
  readonly map: string;
  readonly type: string;
}

interface RelocationRow {
  readonly program: string;
  readonly slot: number;
  readonly kind: string;
  readonly wanted: string;
  readonly here: string;
}

async function run(
  file: string,
  flags: readonly string[],
  options: { load?: boolean; json?: boolean },
): Promise<void> {
  const spec = await readProgram(file, flags);
  const pending = (i: Instruction): boolean => i.relocation !== undefined;
  const isRelocated = spec.programs.some(({ instructions }) => instructions.some(pending));
  const { results } = isRelocated ? relocate(spec, { vmlinux: vmlinuxBtf() }) : { results: [] };
  const report = reportOf(spec, results, options.load === true ? await verify(spec) : new Map());
  printLines(options.json ? [jsonLine(report)] : lines(report));
}

/** Loads the object and lets go of it. @returns what the verifier did, by name of the program. */
async function verify(spec: ObjectSpec): Promise<ReadonlyMap<string, VerifierStats | undefined>> {
  const object = await load(spec, { logLevel: LogLevel.STATS });
  const stats = Object.values(object.programs).map(
    (program) => [program.name, program.verifierStats] as const,
  );
  await object.close();
  return new Map(stats);
}

/** The lines that tell of an object that was not loaded. @param relocations how those that it has came out. */
export function inspectLines(spec: ObjectSpec, relocations: readonly RelocationResult[]): string[] {
  return lines(reportOf(spec, relocations, new Map()));
}

function reportOf(
  spec: ObjectSpec,
  relocations: readonly RelocationResult[],
  verified: ReadonlyMap<string, VerifierStats | undefined>,
): Report {
  return {
    name: spec.name,
    license: spec.license,
    programs: spec.programs.map(({ name, section, instructions, autoload }) => ({
      name,
      section,
      type: parseSection(section).programType,
      instructions: instructions.reduce((sum, i) => sum + slotCount(i), 0),
      autoload: autoload !== false,
      ...(verified.has(name) ? { verifier: verified.get(name) } : {}),
    })),
    maps: spec.maps.map(mapRow),
    variables: (spec.variables ?? []).map(({ name, map, type }) => ({ name, map, type: typeText(type) })),
    relocations: relocations.map((result) => ({
      program: result.program,
      slot: result.slot,
      kind: result.kind,
      wanted: result.wanted,
      here: outcomeText(result),
    })),
  };
}

function mapRow(map: MapSpec): MapRow {
  return {
    name: map.name,
    type: map.type,
    key: map.key === undefined ? sizeText(map.keySize) : typeText(map.key),
    value: map.value === undefined ? sizeText(map.valueSize) : typeText(map.value),
    maxEntries: map.maxEntries,
    event: eventText(map),
  };
}

/** Arrays of perf events may have other uses. */
function eventText({ type, event, eventHint }: MapSpec): string | undefined {
  if (event !== undefined) return typeText(event);
  return type === 'RINGBUF' || eventHint !== undefined
    ? `bytes (${eventHint ?? 'no type known'})`
    : undefined;
}

function typeText({ btf, id }: { btf: Btf; id: number }): string {
  return formatType(btf, id);
}

function sizeText(size = 0): string {
  return size === 0 ? '-' : `${size} bytes`;
}

function outcomeText({ outcome }: RelocationResult): string {
  switch (outcome.status) {
    case 'resolved':
      return String(outcome.value);
    case 'absent':
      return 'absent';
    default:
      return `${outcome.status}: ${outcome.poison.reason}`;
  }
}

function lines({ name, license, programs, maps, variables, relocations }: Report): string[] {
  return [
    `${name}, licence "${license}"`,
    ...section('programs', programs, [
      { header: 'PROGRAM', width: 24, value: (p) => p.name },
      { header: 'SECTION', width: 36, value: (p) => (p.autoload ? p.section : `?${p.section}`) },
      { header: 'TYPE', width: 16, value: (p) => p.type },
      { header: 'INSNS', width: 6, align: 'right', value: (p) => String(p.instructions) },
    ]),
    ...verifierLines(programs),
    ...section('maps', maps, [
      { header: 'MAP', width: 24, value: (m) => m.name },
      { header: 'TYPE', width: 16, value: (m) => m.type },
      { header: 'ENTRIES', width: 9, align: 'right', value: (m) => String(m.maxEntries) },
      { header: 'KEY', width: 16, value: (m) => m.key },
      { header: 'VALUE', width: 0, value: (m) => (m.event === undefined ? m.value : `events: ${m.event}`) },
    ]),
    ...section('variables', variables, [
      { header: 'VARIABLE', width: 24, value: (v) => v.name },
      { header: 'IN', width: 10, value: (v) => v.map },
      { header: 'TYPE', width: 0, value: (v) => v.type },
    ]),
    ...section('relocations', relocations, [
      { header: 'PROGRAM', width: 24, value: (r) => r.program },
      { header: 'AT', width: 5, align: 'right', value: (r) => String(r.slot) },
      { header: 'KIND', width: 20, value: (r) => r.kind },
      { header: 'WANTED', width: 40, value: (r) => r.wanted },
      { header: 'HERE', width: 0, value: (r) => r.here },
    ]),
  ];
}

function verifierLines(programs: readonly ProgramRow[]): string[] {
  const rows = programs.flatMap(({ name, verifier }) =>
    verifier === undefined ? [] : { name, ...verifier },
  );
  if (rows.length === 0) return [];
  return section('programs', rows, [
    { header: 'VERIFIED', width: 24, value: ({ name }) => name },
    { header: 'PROCESSED', width: 9, align: 'right', value: ({ processed }) => String(processed) },
    { header: 'STATES', width: 8, align: 'right', value: ({ totalStates }) => String(totalStates) },
    { header: 'PEAK', width: 8, align: 'right', value: ({ peakStates }) => String(peakStates) },
    { header: 'STACK', width: 12, align: 'right', value: ({ stackDepth }) => stackDepth.join('+') },
    {
      header: 'TIME',
      width: 10,
      align: 'right',
      value: ({ timeUs }) => (timeUs === undefined ? '-' : `${timeUs} us`),
    },
  ]);
}

function section<T>(what: string, rows: readonly T[], columns: readonly Column<T>[]): string[] {
  if (rows.length === 0) return ['', `no ${what}`];
  const fitted = fit(columns, rows);
  return ['', headerLine(fitted), ...rows.map((row) => rowLine(fitted, row))];
}
