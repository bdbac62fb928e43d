// `npm run docs:support`: writes docs/support.md from docs/support.rows.mjs and the results of a test run in test-output/.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import tables from '../docs/support.rows.mjs';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** @type {Map<string, Map<string, import('./results.mjs').Result>>} results by proof, then by kernel. */
const results = new Map();
const kernels = new Set();
for (const file of readdirSync('test-output').filter((name) => name.endsWith('.jsonl'))) {
  for (const line of readFileSync(`test-output/${file}`, 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    const result = JSON.parse(line);
    const proof = `${result.file.replace(/^test\/|\.test\.ts$/g, '')}: ${result.name}`;
    const kernel = /^\d+\.\d+/.exec(result.kernel)[0];
    kernels.add(kernel);
    if (!results.has(proof)) results.set(proof, new Map());
    results.get(proof).set(kernel, result);
  }
}
const columns = [...kernels].sort((a, b) => b.localeCompare(a, undefined, { numeric: true }));

/** What the tests of a row say about a kernel: the worst of them. */
function verdict(proofs, kernel) {
  const found = proofs.map((proof) => {
    if (!results.has(proof)) throw new Error(`no result of "${proof}": run npm test first`);
    return results.get(proof).get(kernel)?.status ?? 'not run';
  });
  for (const status of ['failed', 'not offered', 'skipped', 'not run']) {
    if (found.includes(status)) return status;
  }
  return 'passed';
}

function rowOf([feature, ...proofs]) {
  const [first] = proofs;
  if (first.startsWith('!')) return [feature, ...columns.map(() => '–'), first.slice(1)];
  const told = proofs.map((proof) => {
    const [file, name] = proof.split(/: (.*)/s);
    return `${name} (\`test/${file}.test.ts\`)`;
  });
  return [feature, ...columns.map((kernel) => verdict(proofs, kernel)), told.join('; ')];
}

const page = [
  '# What is supported, by kernel',
  '',
  'Made by `npm run docs:support` from what the tests said (`npm test`), on the kernel of the machine and on that of Debian 12, which',
  'is booted in an emulator. **Passed**: the tests named in the row ran there and passed. **Not offered**: that kernel is too old, is',
  'built without it, or forbids it; the tests found that out and did not run. **Not run**: a test that does not depend on the kernel,',
  'or one for the other kernel alone. **–**: no test, for the reason given.',
];
for (const { title, rows } of tables) {
  page.push(
    '',
    `## ${title}`,
    '',
    `| feature | ${columns.join(' | ')} | proof |`,
    `|---|${columns.map(() => '---|').join('')}---|`,
  );
  for (const row of rows)
    page.push(
      `| ${rowOf(row)
        .map((cell) => cell.replaceAll('|', '\\|'))
        .join(' | ')} |`,
    );
}
writeFileSync('docs/support.md', `${page.join('\n')}\n`);
console.log(`docs/support.md: ${columns.join(', ')}`);
