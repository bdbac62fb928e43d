import type { Row } from '../../metrics/index.ts';

/** The event; without one the bytes and where they were. */
export function rowJson({ event, position, bytes }: Row): unknown {
  return event === undefined ? { position, bytes } : event;
}

/** A hex dump as `hexdump -C` makes it, below a line that says where the record was. */
export function rowHex({ time, position, bytes }: Row): string {
  const lines = [`${time.toISOString()} position ${position}, ${bytes.length} bytes`];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, '0'));
    const columns = `${hex.slice(0, 8).join(' ').padEnd(23)}  ${hex.slice(8).join(' ').padEnd(23)}`;
    const text = Array.from(part, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.'));
    lines.push(`${at.toString(16).padStart(8, '0')}  ${columns}  |${text.join('')}|`);
  }
  return lines.join('\n');
}
