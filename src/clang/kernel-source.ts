import type { Btf } from '../btf/index.ts';

/** What only a running machine knows of its kernel: room `kernel` has the one that asks this machine. */
export interface KernelSource {
  /** The kernel's types. @throws NotSupportedError where it shows none. */
  btf(): Btf;
  /** Names the types: two kernels of one hash have the same. Headers made from them are cached by it. */
  btfHash(): string;
  /**
   * Text of a tracepoint's `format` file in tracefs.
   *
   * @throws NotFoundError with the nearest names; ArgumentError where tracefs is not mounted; PermissionError.
   */
  tracepointFormat(category: string, event: string): string;
}
