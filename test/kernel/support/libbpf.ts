import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { built } from './built.ts';

/** A section for each way to attach that `doctor` knows. */
export const ATTACHED = {
  tracepoint: 'tracepoint/sched/sched_process_exec',
  raw_tracepoint: 'raw_tracepoint/sched_process_exec',
  tp_btf: 'tp_btf/sched_process_exec',
  iter: 'iter/bpf_map',
  uprobe: 'uprobe/libc.so.6:acct',
  kprobe: 'kprobe/bpf_fentry_test1',
  kprobe_multi: 'kprobe.multi/bpf_fentry_test1',
  fentry: 'fentry/bpf_fentry_test1',
  fexit: 'fexit/bpf_fentry_test1',
  fmod_ret: 'fmod_ret/security_quota_on',
  lsm: 'lsm/quota_on',
} as const;

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

/** Makes the C program that attaches. */
export function buildLoader(output: string): string {
  return built('attach', output, () => run('gcc', ['-x', 'c', '-o', output, '-', '-lbpf'], LOADER));
}

/** Name of the object with the program for a section. */
export function probeFile(section: string): string {
  return `${section.replaceAll('/', '-')}.o`;
}

/** Compiles a program that does nothing, for a section. */
export function buildProbe(section: string, output: string): string {
  const define = `-DSECTION="${section}"`;
  const options = ['-g', '-O2', '-target', 'bpf', define, '-x', 'c', '-c', '-o', output, '-'];
  return built(probeFile(section), output, () => run('clang', options, PROGRAM));
}

/**
 * Which programs the distribution's libbpf attaches here: one that does nothing is compiled for each section, and loaded and
 * attached by a C program, in a mount namespace of its own with tracefs.
 */
export function attachedByLibbpf(): Map<string, boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
  try {
    const loader = buildLoader(join(directory, 'loader'));
    const answers = new Map<string, boolean>();
    for (const section of Object.values(ATTACHED)) {
      const object = buildProbe(section, join(directory, 'probe.o'));
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
