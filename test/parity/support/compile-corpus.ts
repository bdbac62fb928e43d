// Compiles programs of test/corpus and prints their instructions as JSON: run where headers are hidden, and where not.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Instruction } from '../../../src/asm/index.ts';
import { compileC } from '../../../src/index.ts';

const [folder, ...files] = process.argv.slice(2);
const result: Record<string, Record<string, string[]>> = {};
for (const file of files) {
  const text = readFileSync(join(folder!, file), 'utf8');
  const onWarning = ({ problem }: { problem: string }): never => {
    throw new Error(`${file}: warning: ${problem}`);
  };
  const { programs } = await compileC(text, { name: file, onWarning });
  result[file] = Object.fromEntries(programs.map((p) => [p.name, p.instructions.map(plain)]));
}
process.stdout.write(JSON.stringify(result));

/** Without ids of types, which count what each header declares, and without places in the text. */
function plain({ source: _, ...instruction }: Instruction): string {
  const isTypeId = /type_id$/.test(instruction.relocation?.kind ?? '');
  const ids = ['typeId', 'func', ...(isTypeId ? ['imm', 'imm64'] : [])];
  return JSON.stringify(instruction, (key, value: unknown) => {
    if (ids.includes(key)) return undefined;
    return typeof value === 'bigint' ? `${value}` : value;
  });
}
