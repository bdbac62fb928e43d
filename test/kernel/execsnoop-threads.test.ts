import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Running, waitForAttach } from './support/cli.ts';
import { kernelTest as test } from './support/privileged.ts';

test('an exec in a thread is shown with the PID of its process', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
  const tracer = new Running(
    'execsnoop',
    '--json',
    '--max-events',
    '1',
    '-n',
    '^/bin/true$',
    '-P',
    String(process.pid),
  );
  const source = `
    #include <pthread.h>
    #include <unistd.h>
    static void *become(void *path) { return (void *)(long)execl(path, path, (char *)0); }
    int main(void) {
      pthread_t thread;
      pthread_create(&thread, 0, become, "/bin/true");
      pthread_join(thread, 0);
    }`;
  const threads = join(directory, 'threads');
  spawnSync('gcc', ['-x', 'c', '-', '-o', threads, '-pthread'], { input: source });
  await waitForAttach(tracer.pid);
  const child = spawnSync(threads);
  const { stdout } = await tracer.end();
  assert.equal(JSON.parse(stdout).pid, child.pid);
  rmSync(directory, { recursive: true });
});
