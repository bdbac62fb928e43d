import { Child, OWN_PROGRAM } from '../child.ts';
import type { Burst, Counts } from './burst.ts';
import { onCpu } from './cpus.ts';

/** What a producer is to do. */
export interface Order {
  /** For how long. */
  readonly ms: number;
  /** Records per second; without it one burst follows the other without a pause. */
  readonly perSecond?: number | undefined;
}

/** What a producer has done. */
export interface Produced extends Counts {
  /** How long it took. */
  readonly ms: number;
  /** CPU time of its process meanwhile. */
  readonly cpuNs: number;
  /** Time in the system calls that ran the program. */
  readonly runNs: number;
  /** When it began, in nanoseconds of CLOCK_MONOTONIC. */
  readonly startNs: number;
}

/** A process that sends records into a ring or perf buffer, from one CPU. */
export class Producer {
  readonly #child: Child;

  private constructor(child: Child) {
    this.#child = child;
  }

  /** @throws Error when it cannot be started. */
  static async start(mapId: number, burst: Burst, cpu: number): Promise<Producer> {
    const command = [...OWN_PROGRAM, 'producer', String(mapId), JSON.stringify(burst)];
    return new Producer(await Child.start('producer', onCpu(cpu, command)));
  }

  /** Has it send records. */
  produce(order: Order): Promise<Produced> {
    return this.#child.ask(JSON.stringify(order));
  }

  /** Has it send the record that ends a reading; tries until there is room. */
  async end(): Promise<void> {
    await this.#child.ask('"end"');
  }

  /** Ends the process. */
  close(): void {
    this.#child.close();
  }
}
