import { closeFd, enableRunTimeStats } from '../sys/index.ts';
import { kernelRelease, requireKernel } from './machine.ts';

/** How often a program has run, and how long, while the kernel counted. */
export interface ProgramStats {
  readonly runTimeNs: bigint;
  readonly runCount: bigint;
  /** Runs left out because the program was running on that CPU already; counted always. */
  readonly recursionMisses: bigint;
}

/** The kernel's counting of run times, switched on for as long as this is open. */
export class RunTimeStats implements Disposable {
  #fd: number;

  /** @internal */
  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Switches it off, unless somebody else keeps it on. Idempotent. */
  close(): void {
    if (this.#fd >= 0) closeFd(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Lets the kernel count how often and how long each program of the machine runs [`bpf_enable_stats`], at a cost of
 * some 20 ns a run. Also on where `sysctl kernel.bpf_stats_enabled` is 1.
 *
 * @throws NotSupportedError before 5.8; PermissionError without CAP_SYS_ADMIN.
 * @example
 * ```ts
 * const counting = enableStats();
 * await setTimeout(1000);
 * const { runTimeNs, runCount } = object.programs.on_exec.stats();
 * counting.close();
 * ```
 */
export function enableStats(): RunTimeStats {
  requireKernel('run-time statistics', 5, 8, kernelRelease());
  return new RunTimeStats(enableRunTimeStats());
}
