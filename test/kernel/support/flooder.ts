import { Child } from './child.ts';

/** What a flood has sent, and what found no room. */
export interface Flooded {
  readonly sent: number;
  readonly dropped: number;
}

/** A process that fills a ring with samples, from one CPU. */
export class Flooder {
  readonly child: Child;

  private constructor(child: Child) {
    this.child = child;
  }

  /**
   * @param ring map id.
   * @param options.producer the number in its samples.
   * @param options.total records to send before it ends; without it until it is killed.
   * @param options.pauseMs milliseconds to pause after each 8000 records or so; without
   *   it only a full ring makes it pause.
   */
  static start(
    ring: number,
    options: { cpu: number; producer?: number; total?: number; pauseMs?: number },
  ): Flooder {
    const { cpu, producer = 0, total = 2 ** 32, pauseMs = 0 } = options;
    return new Flooder(Child.start(flood, [ring, producer, total, pauseMs], { cpu }));
  }

  /** Resolves when it begins. */
  async began(): Promise<void> {
    await this.child.line();
  }

  /** Resolves when all is sent. */
  async ended(): Promise<Flooded> {
    const flooded = JSON.parse(await this.child.line()) as Flooded;
    await this.child.success();
    return flooded;
  }
}

function flood(
  { kernel, programs, sys, fs }: import('./child.ts').Lib,
  ring: number,
  id: number,
  total: number,
  pauseMs: number,
): void {
  const { BURST, LENGTH, OFFSETS } = {
    BURST: programs.FLOOD_BURST,
    LENGTH: programs.FLOOD.length,
    OFFSETS: programs.FLOOD,
  };
  const map = kernel.BpfMap.create({
    name: 'flood',
    type: 'ARRAY',
    keySize: 4,
    valueSize: LENGTH,
    maxEntries: 1,
  });
  const key = new Uint8Array(4);
  const value = new DataView(new ArrayBuffer(LENGTH));
  value.setUint32(OFFSETS.producer, id, true);
  map.update(key, new Uint8Array(value.buffer));
  const mapFds = new Map([
    ['ring', sys.openById('MAP', ring)],
    ['flood', map.fd],
  ]);
  const program = kernel.BpfProgram.load(programs.flood(), { license: 'Dual BSD/GPL', mapFds });
  const data = new Uint8Array(64);
  const counts = (): { sent: number; dropped: number } => {
    const now = new DataView(map.lookup(key)!.buffer);
    return {
      sent: now.getUint32(OFFSETS.sequence, true),
      dropped: Number(now.getBigUint64(OFFSETS.dropped, true)),
    };
  };
  const parent = process.ppid;
  fs.writeSync(1, 'flooding\n');
  for (let last = 0; ; ) {
    // A test that was killed stops nothing any more.
    if (process.ppid !== parent) return;
    const { sent, dropped } = counts();
    const left = Math.ceil((total - sent) / BURST);
    if (left <= 0) break;
    // A full ring: its reader needs the processor more than we do.
    const pause = pauseMs > 0 ? pauseMs : dropped > last ? 0.2 : 0;
    if (pause > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
    last = dropped;
    // Slices of a millisecond or so.
    program.run({ data, repeat: Math.min(left, 500) });
  }
  fs.writeSync(1, `${JSON.stringify(counts())}\n`);
}
