// docs/support.md: every row names tests that exist, every feature has a row, and the page has the rows.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { CORE_KINDS } from '../../src/asm/index.ts';
import { FAMILIES } from '../../src/kernel/index.ts';
import { MapType } from '../../src/spec/index.ts';

interface Table {
  readonly title: string;
  readonly rows: readonly (readonly [feature: string, ...proofs: string[]])[];
}

const root = new URL('../../../', import.meta.url);
const { default: tables } = (await import(new URL('docs/support.rows.mjs', root).href)) as {
  default: readonly Table[];
};
const rowsOf = (title: string) => tables.find((table) => table.title === title)!.rows;

/** Patterns of the names of the tests in a file: parts of a name that are computed may be anything. */
function namesIn(file: string): RegExp[] {
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(/\b(?:test|kernelTest)\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g)].map(
    ([, , name]) => {
      const parts = name!.replaceAll(/\\(.)/g, '$1').split(/\$\{[^}]*\}/);
      return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')}$`);
    },
  );
}

test('every row has a reason, or tests that exist', () => {
  for (const [feature, ...proofs] of tables.flatMap(({ rows }) => rows)) {
    assert.ok(proofs.length > 0, feature);
    if (proofs[0]!.startsWith('!')) continue;
    for (const proof of proofs) {
      const [, file, name] = /^([\w/-]+): (.+)$/.exec(proof)!;
      const path = new URL(`test/${file}.test.ts`, root).pathname;
      assert.ok(existsSync(path), `${feature}: no file ${path}`);
      assert.ok(
        namesIn(path).some((pattern) => pattern.test(name!)),
        `${feature}: no test "${name}" in ${file}`,
      );
    }
  }
});

test('every link family, map type and kind of relocation has its row', () => {
  const lacks = (title: string, names: readonly string[]): string[] =>
    names.filter((name) => !rowsOf(title).some(([feature]) => feature.replaceAll('`', '') === name));
  assert.deepEqual(lacks('Links', Object.keys(FAMILIES)), []);
  assert.deepEqual(lacks('Map types', Object.keys(MapType)), []);
  assert.deepEqual(lacks('CO-RE relocations', CORE_KINDS), []);
});

test('the page has these rows, in this order', () => {
  const page = readFileSync(new URL('docs/support.md', root), 'utf8');
  const lines = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| feature'));
  const rows = tables.flatMap(({ rows }) => rows);
  assert.deepEqual(
    lines.map((line) => line.split(' | ')[0]!.slice(2)),
    rows.map(([feature]) => feature),
    'run npm test, then npm run docs:support',
  );
  rows.forEach(([feature, ...proofs], i) => {
    for (const proof of proofs) {
      const told = proof.startsWith('!') ? proof.slice(1) : proof.replace(/^[\w/-]+: /, '');
      assert.ok(lines[i]!.includes(told), `${feature}: run npm run docs:support`);
    }
  });
  assert.doesNotMatch(page, /\| failed \|/);
});
