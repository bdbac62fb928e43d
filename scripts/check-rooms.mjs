// Fails when a room imports a room below it in the list (ARCHITECTURE.md), or when a pure room imports Node
// or a package. Type imports count. Cycles between files are Biome's job (noImportCycles).
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

const ROOMS = [
  'errors',
  'asm',
  'btf',
  'elf',
  'spec',
  'text',
  'clang',
  'compiler',
  'sys',
  'ringbuf',
  'kernel',
  'bcc',
  'metrics',
  'tools',
  'bench',
  'cli',
];
const PURE = new Set(['errors', 'asm', 'btf', 'elf', 'spec', 'text', 'compiler']);

// Another folder may be named, to check the check.
const src = process.argv[2] ?? fileURLToPath(new URL('../src', import.meta.url));
const files = readdirSync(src, { recursive: true }).filter((f) => f.endsWith('.ts'));
const problems = [];
let imports = 0;

for (const file of files) {
  const room = file.includes('/') ? file.slice(0, file.indexOf('/')) : undefined;
  if (room !== undefined && !ROOMS.includes(room)) problems.push(`${file}: "${room}" is not a room`);
  const isTest = /\.test(\.support)?\.ts$/.test(file);
  const path = join(src, file);
  const { module, errors } = parseSync(path, readFileSync(path, 'utf8'));
  if (errors.length > 0) problems.push(`${file}: does not parse: ${errors[0].message}`);
  const targets = [
    ...module.staticImports.map((i) => i.moduleRequest.value),
    ...module.staticExports.flatMap((e) => e.entries.map((x) => x.moduleRequest?.value).filter(Boolean)),
    ...module.dynamicImports.map((i) =>
      readFileSync(path, 'utf8').slice(i.moduleRequest.start + 1, i.moduleRequest.end - 1),
    ),
  ];
  imports += targets.length;
  for (const target of new Set(targets)) {
    if (room === undefined) continue;
    if (!target.startsWith('.')) {
      if (PURE.has(room) && !isTest) problems.push(`${file}: pure room "${room}" imports "${target}"`);
      continue;
    }
    const to = relative(src, resolve(dirname(path), target)).split('/')[0];
    if (!ROOMS.includes(to)) problems.push(`${file}: imports ${target}, which is in no room`);
    else if (ROOMS.indexOf(to) > ROOMS.indexOf(room)) {
      problems.push(`${file}: room "${room}" imports "${to}", which is below it`);
    }
  }
}

if (files.length === 0 || imports === 0)
  problems.push('saw no files or no imports: the check itself is broken');
for (const p of problems) console.error(p);
console.log(`rooms: ${files.length} files, ${imports} imports, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
