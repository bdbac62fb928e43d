import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PROGRAM = `
__attribute__((section("license"), used)) char _license[] = "Dual BSD/GPL";
__attribute__((section(SECTION), used)) int probe(void *ctx) { return 0; }
`;

const LOADER = `
#include <bpf/libbpf.h>
int main(int argc, char **argv) {
  struct bpf_object *object = bpf_object__open(argv[1]);
  if (!object || bpf_object__load(object)) return 1;
  struct bpf_link *link = bpf_program__attach(bpf_object__next_program(object, 0));
  if (!link) return 1;
  bpf_link__destroy(link);
  return 0;
}
`;

/**
 * Which programs the distribution's libbpf attaches here: one that does nothing is compiled for each section, and loaded and
 * attached by a C program, in a mount namespace of its own with tracefs.
 */
export function attachedByLibbpf(sections: readonly string[]): Map<string, boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
  try {
    const loader = join(directory, 'loader');
    run('gcc', ['-x', 'c', '-o', loader, '-', '-lbpf'], LOADER);
    const answers = new Map<string, boolean>();
    for (const section of sections) {
      const object = join(directory, 'probe.o');
      run(
        'clang',
        ['-g', '-O2', '-target', 'bpf', `-DSECTION="${section}"`, '-x', 'c', '-c', '-o', object, '-'],
        PROGRAM,
      );
      const script = 'mount -t tracefs nodev /sys/kernel/tracing; exec "$@"';
      const { status } = spawnSync('unshare', ['-m', 'sh', '-c', script, 'sh', loader, object]);
      if (status !== 0 && status !== 1) throw new Error(`the loader ended with ${status}`);
      answers.set(section, status === 0);
    }
    return answers;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function run(command: string, args: string[], input: string): void {
  const { status, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}
