import { readFileSync } from 'node:fs';
import { PermissionError } from '../errors/index.ts';

let symbols: Map<string, bigint> | undefined;

/**
 * Address of a kernel symbol by `/proc/kallsyms`, the first of that name; 0 where addresses are hidden from this
 * process (`kernel.kptr_restrict`). The list (some 10 MB) is read at the first call and kept.
 */
export function kallsyms(name: string): bigint | undefined {
  if (symbols === undefined) {
    symbols = new Map();
    for (const line of readFileSync('/proc/kallsyms', 'latin1').split('\n')) {
      const [address, , symbol] = line.split(/[ \t]/, 3);
      if (symbol !== undefined && !symbols.has(symbol)) symbols.set(symbol, BigInt(`0x${address}`));
    }
  }
  return symbols.get(name);
}

/** For who finds nothing but zeros in `/proc/kallsyms`. */
export function hiddenSymbols(): PermissionError {
  return new PermissionError({
    command: 'read',
    errno: 'EPERM',
    message: 'the kernel hides the addresses of its symbols from this process',
    remedy: 'Run as root, and with sysctl kernel.kptr_restrict below 2.',
  });
}
