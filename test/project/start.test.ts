// What an import of the package brings along: times are measured by `npm run bench`, what makes them is counted here.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Node's own modules that are loaded once a program has run. */
function loadedBy(program: string): Set<string> {
  const script = `${program}; console.log(JSON.stringify(process.moduleLoadList));`;
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  return new Set(JSON.parse(out) as string[]);
}

test('importing the library loads none of the modules of Node that take long and few programs need', () => {
  const bare = loadedBy('');
  const loaded = [...loadedBy("await import('ringtail')")].filter((name) => !bare.has(name));
  assert.ok(loaded.includes('NativeModule os'), loaded.join());
  for (const name of ['stream', 'zlib', 'crypto', 'worker_threads', 'child_process', 'http', 'net']) {
    assert.ok(!loaded.includes(`NativeModule ${name}`), `${name}, in ${loaded.join()}`);
  }
});
