import { Child, type Lib } from '../../kernel/support/child.ts';

/** A process of the demo: it owns a ring, fills it, and reads it as well as it can. */
interface Service {
  /** What the process is called. */
  readonly process: string;
  readonly ring: string;
  readonly size: number;
  /** Events in a second, on average. */
  readonly rate: number;
  /** Milliseconds between two reads; without it nobody reads. */
  readonly readMs?: number;
  /** Events that are there from the beginning. */
  readonly backlog?: number;
}

/** The part of their names that all its processes have, and nobody else's. */
export const DEMO_FILTER = 'watch';

/** The one whose reader has hung up. */
export const STALLED: Service = {
  process: 'filewatch',
  ring: 'file_opens',
  size: 256 << 10,
  rate: 10,
  backlog: 3500,
};

/** The one whose events are worth a look. */
export const TALKATIVE: Service = {
  process: 'dnswatch',
  ring: 'dns_queries',
  size: 64 << 10,
  rate: 25,
  readMs: 300,
};

/** The one whose reader comes by once a second. */
export const BURSTY: Service = {
  process: 'iowatch',
  ring: 'slow_ios',
  size: 128 << 10,
  rate: 400,
  readMs: 1000,
};

const SERVICES: readonly Service[] = [
  TALKATIVE,
  STALLED,
  { process: 'flowwatch', ring: 'connections', size: 512 << 10, rate: 2000, readMs: 500 },
  { process: 'execwatch', ring: 'execs', size: 64 << 10, rate: 50, readMs: 100 },
  BURSTY,
];

/** Names are those that are kept for documentation (RFC 2606). */
const EVENTS: readonly (readonly [comm: string, name: string])[] = [
  ['nginx', 'api.example.org'],
  ['curl', 'www.example.com'],
  ['postfix', 'mail.example.net'],
  ['node', 'db.example.org'],
  ['chronyd', 'time.example.net'],
];

const PROGRAM = `
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct event { __u32 pid; __u32 took_us; char comm[16]; char name[32]; };
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, SIZE);
	__type(value, struct event);
} RING SEC(".maps");

SEC("syscall") int on_event(struct event *event)
{
	struct event *record = bpf_ringbuf_reserve(&RING, sizeof(*record), 0);

	if (!record)
		return 0;
	*record = *event;
	bpf_ringbuf_submit(record, 0);
	return 0;
}
char _license[] SEC("license") = "Dual BSD/GPL";
`;

/** Some processes with a ring each: what `ringtail top` is shown at work on. */
export class Demo {
  readonly #children = SERVICES.map((service) =>
    Child.start(serve, [PROGRAM, EVENTS, service], { node: [`--title=${service.process}`] }),
  );

  /** Resolves when all of them send. */
  async began(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.line()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.kill()));
  }
}

async function serve(
  { kernel }: Lib,
  program: string,
  events: readonly (readonly [string, string])[],
  { ring: name, size, rate, readMs, backlog = 0 }: Service,
): Promise<void> {
  const spec = await kernel.compileC(program, { flags: [`-DRING=${name}`, `-DSIZE=${size}`] });
  const object = await kernel.load(spec);
  let sent = 0;
  const send = (): void => {
    // By no visible rule, and the same in each run.
    const dice = Math.imul(sent ^ (sent >>> 1), 0x9e3779b1) >>> 7;
    const who = dice % events.length;
    const [comm, text] = events[who]!;
    const event = new Uint8Array(56);
    new Uint32Array(event.buffer).set([1200 + 7 * who, 80 + (dice % 887)]);
    new TextEncoder().encodeInto(comm, event.subarray(8));
    new TextEncoder().encodeInto(text, event.subarray(24));
    object.programs['on_event']!.run({ ctx: event });
    sent++;
  };
  while (sent < backlog) send();
  let last = performance.now();
  let due = 0;
  setInterval(() => {
    const now = performance.now();
    // Up and down, so that charts have something to show; what a busy machine held up is not made good for.
    due += (rate * Math.min(now - last, 40) * (1 + 0.6 * Math.sin(now / 1500))) / 1000;
    for (; due >= 1; due--) send();
    last = now;
  }, 20);
  if (readMs !== undefined) setInterval(() => object.rings[name]!.bytes.consume(() => {}), readMs);
  // A test that was killed stops nothing any more.
  process.stdin.resume().on('end', () => process.exit());
  console.log('at work');
}
