import type { Spread } from './statistics.ts';

/** One thing that was measured of one reader. */
export interface Figure extends Spread {
  /** Who was measured: `libbpf`, `cursor`. */
  readonly reader: string;
  /** What of it: `time`, `dropped`. */
  readonly quantity: string;
  /** What the numbers are: `ns/record`. */
  readonly unit: string;
  /** What must be known to read the figure: records that were dropped, a rate that was not reached. */
  readonly notes?: readonly string[];
}

/** A reader that was not measured, and why. */
export interface Absence {
  readonly reader: string;
  readonly absent: string;
}

/** What several readers do, each in its own way. */
export interface Work {
  /** One word, for machines: `objects-64`. */
  readonly name: string;
  /** One line, for people. */
  readonly title: string;
  /** How much was measured, and how: `932,067 records, 7 rounds after up to 4 to warm up`. */
  readonly method: string;
  /** The reader that others are compared with. */
  readonly reference: string;
  readonly figures: readonly Figure[];
  /** Never left out silently: a table without a reader would look as if there were none. */
  readonly absent: readonly Absence[];
}

/** A promise of the project, and how it came out; see `target.ts`. */
export interface Target {
  /** What is promised of what: `8-byte records, raw`. */
  readonly work: string;
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
  /** What limit and measured value are: `× libbpf`. */
  readonly unit: string;
  /** There is none where a figure that it needs is absent. */
  readonly measured?: number;
}

/** What a suite found out. */
export interface SuiteResult {
  readonly works: readonly Work[];
  readonly targets: readonly Target[];
}

/** What a suite is run with. */
export interface SuiteContext {
  /** Fewer works and rounds: sooner done, rougher figures. */
  readonly quick: boolean;
  /** Other libraries that are measured beside this one; none for users, who have no compilers. */
  readonly peers: readonly Peer[];
  /** Is told the share that is done, 0 to 1, and what is at work. */
  readonly progress: (share: number, what: string) => void;
}

/** Benchmarks that belong together. */
export interface Suite {
  /** One word: `drain`. */
  readonly name: string;
  readonly title: string;
  /**
   * Runs it. What cannot be measured here is listed as absent, with the reason.
   *
   * @throws RingtailError when nothing of it can be measured here: `PermissionError` without root.
   * @throws Error when a reader loses or misreads a record.
   */
  run(context: SuiteContext): Promise<SuiteResult>;
}

/** Another library for ring buffers, with a program for some suites. */
export interface Peer {
  /** `libbpf` */
  readonly name: string;
  /** The command, without arguments, that starts its program for a suite. Built when it is first asked for. */
  program(suite: string): Program | Missing;
}

/** How a peer's program is started. */
export interface Program {
  readonly command: readonly string[];
}

/** Why there is no such program. */
export interface Missing {
  readonly absent: string;
}
