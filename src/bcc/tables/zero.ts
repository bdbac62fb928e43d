/** A value of the same shape in which everything is 0. */
export function zeroOf<T>(value: T): T {
  return zero(value) as T;
}

function zero(value: unknown): unknown {
  switch (typeof value) {
    case 'bigint':
      return 0n;
    case 'boolean':
      return false;
    case 'string':
      return '';
    case 'number':
      return 0;
  }
  if (value instanceof Uint8Array) return new Uint8Array(value.length);
  if (Array.isArray(value)) return value.map(zero);
  return Object.fromEntries(Object.entries(value as object).map(([name, field]) => [name, zero(field)]));
}
