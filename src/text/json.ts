/**
 * One line of JSON. Integers of 64 bits come out as numbers with all their digits, which `JSON.stringify` cannot do on
 * this floor of Node; bytes as hexadecimal strings.
 */
export function jsonLine(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return `"${hexOf(value)}"`;
  if (value instanceof Date) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => jsonLine(item)).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${jsonLine(item)}`).join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** Two digits for each byte. */
export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
