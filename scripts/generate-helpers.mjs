// Writes src/asm/helpers.table.ts and include/bpf/bpf_helper_defs.h. Ids and names come from the kernel: the FN list of
// linux/bpf.h and the running kernel's `enum bpf_func_id`; releases and summaries from helpers.txt beside this script,
// types from helper-prototypes.txt.
// With --check nothing is written: it fails when what is checked in is not what would be written, or names
// an id differently from this machine's header or kernel.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HEADER = '/usr/include/linux/bpf.h';
const VMLINUX = '/sys/kernel/btf/vmlinux';
const TABLE = fileURLToPath(new URL('../src/asm/helpers.table.ts', import.meta.url));
const ABOUT = fileURLToPath(new URL('helpers.txt', import.meta.url));
const PROTOTYPES = fileURLToPath(new URL('helper-prototypes.txt', import.meta.url));
const HEADER_OF_C = fileURLToPath(new URL('../include/bpf/bpf_helper_defs.h', import.meta.url));

const about = readAbout();
const prototypes = readPrototypes();
const sources = new Map();
if (existsSync(HEADER)) sources.set(HEADER, readHeader());
if (existsSync(VMLINUX)) sources.set(VMLINUX, readBtf());
if (sources.size === 0) fail(`neither ${HEADER} (linux-libc-dev) nor ${VMLINUX} is on this machine`);

const names = new Map();
for (const [source, ids] of sources) {
  if (ids.size < 200) fail(`${source}: found ${ids.size} helpers only; its form must have changed`);
  for (const [id, name] of ids) {
    if ((names.get(id) ?? name) !== name) fail(`${source}: helper ${id} is ${name}, not ${names.get(id)}`);
    names.set(id, name);
  }
}
for (const name of names.values()) if (!about.has(name)) fail(`${ABOUT} says nothing about ${name}`);

if (process.argv.includes('--check')) {
  const table = readFileSync(TABLE, 'utf8');
  for (const [id, name] of names) {
    if (!table.includes(makeRow(id, name))) fail(`the table lacks or contradicts: ${makeRow(id, name)}`);
  }
  const rows = table.split('\n').filter((line) => line.startsWith('  ['));
  // A machine older than the table knows fewer helpers than the table has.
  if (rows.length !== about.size) fail(`the table has ${rows.length} helpers, ${ABOUT} has ${about.size}`);
  const header = readFileSync(HEADER_OF_C, 'utf8');
  for (const [id, name] of names) {
    if (!header.includes(makeDeclaration(id, name)))
      fail(`${HEADER_OF_C} lacks: ${makeDeclaration(id, name)}`);
  }
  console.log(`helpers: ${names.size} of ${rows.length} agree with ${[...sources.keys()].join(' and ')}`);
} else {
  if (names.size !== about.size) fail(`${ABOUT} has ${about.size} helpers, this machine ${names.size}`);
  writeFileSync(TABLE, makeTable());
  writeFileSync(HEADER_OF_C, makeHeader());
}

function readAbout() {
  const lines = readFileSync(ABOUT, 'utf8').split('\n');
  const rows = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    rows.map((row) => {
      const match = /^(\w+) (\d+\.\d+) (\S.*)$/.exec(row);
      if (match === null) fail(`${ABOUT}: not "name since summary": ${row}`);
      return [match[1], { since: match[2], summary: match[3] }];
    }),
  );
}

function readPrototypes() {
  const lines = readFileSync(PROTOTYPES, 'utf8').split('\n');
  const rows = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    rows.map((row) => {
      const match = /^(\w+) ([^(]*[^( ]) \((.*)\)$/.exec(row);
      if (match === null) fail(`${PROTOTYPES}: not "name result (parameters)": ${row}`);
      return [match[1], { result: match[2], parameters: match[3] }];
    }),
  );
}

/** Older headers list names in the order of ids, newer ones write each id out. */
function readHeader() {
  const list = /define _+BPF_FUNC_MAPPER\(FN.*\n((?:.*\\\n)+)/.exec(readFileSync(HEADER, 'utf8'));
  if (list === null) fail(`${HEADER} has no list of helpers`);
  const items = [...list[1].matchAll(/\bFN\((\w+)(?:,\s*(\d+))?/g)];
  return new Map(items.map(([, name, id], i) => [Number(id ?? i), name]).filter(([id]) => id !== 0));
}

function readBtf() {
  const dump = execFileSync('bpftool', ['btf', 'dump', 'file', VMLINUX], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const items = dump.matchAll(/^\t'BPF_FUNC_(\w+)' val=(\d+)$/gm);
  return new Map([...items].map(([, name, id]) => [Number(id), name]).filter(([id]) => id !== 0));
}

function makeTable() {
  const rows = [...names].sort(([a], [b]) => a - b).map(([id, name]) => makeRow(id, name));
  return [
    '// Made by scripts/generate-helpers.mjs; change scripts/helpers.txt and run it again.',
    '',
    '/** Every helper: id, name, first kernel release, what it does. */',
    '// biome-ignore format: one helper a line',
    'export const HELPER_TABLE = [',
    ...rows,
    '] as const;',
    '',
  ].join('\n');
}

function makeRow(id, name) {
  const { since, summary } = about.get(name);
  return `  [${id}, '${name}', '${since}', ${JSON.stringify(summary)}],`;
}

function makeDeclaration(id, name) {
  const { result, parameters } = prototypes.get(name) ?? fail(`${PROTOTYPES} lacks ${name}`);
  const head = result.endsWith('*') ? result : `${result} `;
  return `static ${head}(*bpf_${name})(${parameters}) = (void *)${id};`;
}

function makeHeader() {
  const sorted = [...names].sort(([a], [b]) => a - b);
  const declarations = sorted.map(([id, name]) => {
    const { since, summary } = about.get(name);
    return `/* ${summary} (${since}) */\n${makeDeclaration(id, name)}\n`;
  });
  const structs = new Set(declarations.flatMap((text) => text.match(/struct \w+/g) ?? []));
  return [
    '/* Made by scripts/generate-helpers.mjs. Every helper of the kernel, as a pointer whose value is its id. */',
    '#ifndef __BPF_HELPER_DEFS_H__',
    '#define __BPF_HELPER_DEFS_H__',
    '',
    ...[...structs].map((name) => `${name};`),
    '',
    ...declarations,
    '#endif',
    '',
  ].join('\n');
}

function fail(message) {
  console.error(`generate-helpers: ${message}`);
  process.exit(1);
}
