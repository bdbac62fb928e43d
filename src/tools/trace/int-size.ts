/** Sizes in bytes of the whole numbers that programs load and store. */
export type IntSize = 1 | 2 | 4 | 8;

export function isIntSize(size: number): size is IntSize {
  return size === 1 || size === 2 || size === 4 || size === 8;
}

/** Width of a memory access of that size. */
export function width(size: IntSize): 'u8' | 'u16' | 'u32' | 'u64' {
  return `u${(size * 8) as 8 | 16 | 32 | 64}`;
}
