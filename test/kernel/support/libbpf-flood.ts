import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { built } from './built.ts';

/** Records of 16 to 264 bytes that say what must be in them; every 64th is discarded. */
const EVENT = `
struct event { __u64 sequence; __u32 length; __u32 producer; __u64 words[31]; };
`;

const PROGRAM = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
${EVENT}
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, RING_SIZE); } libbpf_events SEC(".maps");
__u64 next = 0;
__u64 dropped = 0;
struct event event = {};
SEC("socket") int flood(void *ctx) {
  for (int burst = 0; burst < 8; burst++) {
    __u64 sequence = next;
    if (sequence % 64 == 63) {
      struct event *unwanted = bpf_ringbuf_reserve(&libbpf_events, sizeof(struct event), 0);
      if (unwanted) { unwanted->sequence = 0xdead; bpf_ringbuf_discard(unwanted, 0); }
    }
    __u32 length = 16 + (sequence & 31) * 8;
    event.sequence = sequence;
    event.length = length;
    event.producer = 7;
    for (int i = 0; i < 31; i++) event.words[i] = sequence * 0x9e3779b97f4a7c15 + i;
    if (bpf_ringbuf_output(&libbpf_events, &event, length, 0)) { dropped++; return 0; }
    next = sequence + 1;
  }
  return 0;
}
char _license[] SEC("license") = "Dual BSD/GPL";
`;

const LOADER = `
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/types.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
${EVENT}
static unsigned long seen, wrong;
static int check(void *ctx, void *data, size_t size) {
  struct event *event = data;
  if (size != 16 + (seen & 31) * 8 || event->sequence != seen || event->length != size) wrong++;
  for (unsigned i = 0; i < (size - 16) / 8; i++) wrong += event->words[i] != seen * 0x9e3779b97f4a7c15 + i;
  seen++;
  return 0;
}
int main(int argc, char **argv) {
  char byte, packet[64] = {};
  struct bpf_object *object = bpf_object__open(argv[1]);
  if (!object || bpf_object__load(object)) return 1;
  int map = bpf_map__fd(bpf_object__find_map_by_name(object, "libbpf_events"));
  int program = bpf_program__fd(bpf_object__next_program(object, 0));
  struct bpf_map_info info = {};
  unsigned length = sizeof info;
  if (bpf_obj_get_info_by_fd(map, &info, &length)) return 1;
  struct ring_buffer *ring = ring_buffer__new(map, check, 0, 0);
  if (!ring) return 1;
  printf("%u\\n", info.id);
  fflush(stdout);
  unsigned long total = strtoul(argv[2], 0, 10), parent = getppid();
  if (read(0, &byte, 1) != 1) return 1;
  LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = 64, .repeat = 4);
  while (seen < total && getppid() == parent) {
    if (bpf_prog_test_run_opts(program, &run)) return 1;
    ring_buffer__consume(ring);
    if (seen < 2000) usleep(1000);
  }
  printf("{\\"seen\\":%lu,\\"wrong\\":%lu}\\n", seen, wrong);
  fflush(stdout);
  if (read(0, &byte, 1) < 0) return 1;
  return 0;
}
`;

/** Whether a record is byte for byte as the program of {@link LibbpfFlood} makes that of its number. */
export function isIntact(bytes: Uint8Array): boolean {
  if (bytes.length < 16 || bytes.length % 8 !== 0) return false;
  const words = new BigUint64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
  const sequence = words[0]!;
  const length = 16n + (sequence & 31n) * 8n;
  if (BigInt(bytes.length) !== length || words[1] !== ((7n << 32n) | length)) return false;
  const seed = sequence * 0x9e3779b97f4a7c15n;
  return words.subarray(2).every((word, i) => word === BigInt.asUintN(64, seed + BigInt(i)));
}

/** Name of the object with the program for a ring of so many bytes. */
export function floodFile(size: number): string {
  return `flood-${size}.o`;
}

/** Compiles the program that fills the ring. */
export function buildFlood(size: number, output: string): string {
  return built(floodFile(size), output, () => {
    const include = `/usr/include/${spawnSync('gcc', ['-print-multiarch'], { encoding: 'utf8' }).stdout.trim()}`;
    const flags = ['-g', '-O2', '-target', 'bpf', `-I${include}`, `-DRING_SIZE=${size}`];
    run('clang', [...flags, '-x', 'c', '-c', '-o', output, '-'], PROGRAM);
  });
}

/** What {@link buildFlooder} makes is kept by this name. */
export const FLOODER = 'libbpf-flood';

/** Compiles the C program that loads it and reads the ring. */
export function buildFlooder(output: string): string {
  return built(FLOODER, output, () => run('gcc', ['-O2', '-x', 'c', '-o', output, '-', '-lbpf'], LOADER));
}

/** A program written in C with libbpf, which fills its own ring and reads it: slowly at first, then in a flood. */
export class LibbpfFlood {
  readonly #process: ChildProcess;
  readonly #directory: string;
  readonly #lines: AsyncIterator<string>;
  readonly mapId: number;

  private constructor(process: ChildProcess, directory: string, lines: AsyncIterator<string>, mapId: number) {
    this.#process = process;
    this.#directory = directory;
    this.#lines = lines;
    this.mapId = mapId;
  }

  /** Resolves when its ring is there; nothing is in it yet. */
  static async create(options: { total: number; size: number; cpu: number }): Promise<LibbpfFlood> {
    const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
    const object = buildFlood(options.size, join(directory, 'flood.o'));
    const loader = buildFlooder(join(directory, 'libbpf-flood'));
    const process = spawn('taskset', ['-c', String(options.cpu), loader, object, String(options.total)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: process.stdout! })[Symbol.asyncIterator]();
    const mapId = Number((await lines.next()).value);
    assert.ok(mapId > 0, 'the C program did not load');
    return new LibbpfFlood(process, directory, lines, mapId);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  begin(): void {
    this.#process.stdin!.write('\n');
  }

  /** What its owner got, once all is sent. Its ring is there until {@link end}. */
  async owner(): Promise<{ seen: number; wrong: number }> {
    return JSON.parse((await this.#lines.next()).value) as { seen: number; wrong: number };
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('close', resolve));
    this.#process.stdin!.end();
    assert.equal(await ended, 0);
    rmSync(this.#directory, { recursive: true });
  }
}

function run(command: string, args: string[], input: string): void {
  const { status, stderr } = spawnSync(command, args, { input, encoding: 'utf8' });
  assert.equal(status, 0, `${command}: ${stderr}`);
}
