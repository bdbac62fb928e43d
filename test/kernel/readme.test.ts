import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { kernelTest as test } from './support/privileged.ts';

const examples = [...readFileSync('README.md', 'utf8').matchAll(/```js\n(.*?)```/gs)].map(
  (match) => match[1]!,
);

test('the README has its examples, and each runs as it stands', async () => {
  assert.equal(examples.length, 2);
  for (const example of examples) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', example], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output.stderr += text;
    });
    // Each prints the PID of what execs: ours is among them once the example has attached.
    const ours = new Set<string>();
    await new Promise<void>((resolve, reject) => {
      const timer = setInterval(() => ours.add(String(spawnSync('/bin/true').pid)), 100);
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        output.stdout += text;
        if (![...ours].some((pid) => new RegExp(`\\b${pid}\\b`).test(output.stdout))) return;
        clearInterval(timer);
        resolve();
      });
      child.once('exit', () => {
        clearInterval(timer);
        reject(new Error(output.stderr));
      });
    });
    child.removeAllListeners('exit').kill();
  }
});
