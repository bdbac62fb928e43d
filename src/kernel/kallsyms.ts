import { readFileSync } from 'node:fs';
import { PermissionError } from '../errors/index.ts';

let text: string | undefined;

/**
 * Address of a kernel symbol by `/proc/kallsyms`, the first of that name; 0 where addresses are hidden from this
 * process (`kernel.kptr_restrict`). The list (some 10 MB) is read at the first call and kept.
 */
export function kallsyms(name: string): bigint | undefined {
  text ??= readFileSync('/proc/kallsyms', 'latin1');
  // `address type name`, and the module behind a tab. A table of all takes longer than searches for the few that are asked for.
  const wanted = ` ${name}`;
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
    if (!/[\n\t]/.test(text.charAt(at + wanted.length))) continue;
    const line = text.lastIndexOf('\n', at) + 1;
    return BigInt(`0x${text.slice(line, text.indexOf(' ', line))}`);
  }
  return undefined;
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
