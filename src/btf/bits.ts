/*
 * Bits in the order of BTF: in little-endian data bit 0 is the lowest bit of the first byte, in big-endian data
 * the highest, so that the bits of a number lie side by side in both.
 */

/**
 * A whole number of up to 32 bits that starts `shift` bits after the start of the byte at `offset`.
 *
 * Its up to 5 bytes make a number below 2^40, which a double holds exactly.
 */
export function readBits(
  bytes: Uint8Array,
  offset: number,
  shift: number,
  bits: number,
  signed: boolean,
  littleEndian: boolean,
): number {
  const first = offset + (shift >>> 3);
  const skip = shift & 7;
  const count = (skip + bits + 7) >>> 3;
  let all = 0;
  for (let i = 0; i < count; i++) all = all * 256 + bytes[first + (littleEndian ? count - 1 - i : i)]!;
  const right = littleEndian ? skip : count * 8 - skip - bits;
  const value = Math.floor(all / 2 ** right) % 2 ** bits;
  return signed && value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
}

/** As {@link readBits}, for any number of bits. */
export function readBigBits(
  bytes: Uint8Array,
  offset: number,
  shift: number,
  bits: number,
  signed: boolean,
  littleEndian: boolean,
): bigint {
  const count = (shift + bits + 7) >>> 3;
  let all = 0n;
  for (let i = 0; i < count; i++) {
    all = (all << 8n) | BigInt(bytes[littleEndian ? offset + count - 1 - i : offset + i]!);
  }
  const value = all >> BigInt(littleEndian ? shift : count * 8 - shift - bits);
  return signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
}

/** Writes what {@link readBigBits} reads; bits of `value` beyond `bits` are ignored, bits around it stay. */
export function writeBits(
  bytes: Uint8Array,
  offset: number,
  shift: number,
  bits: number,
  value: bigint,
  littleEndian: boolean,
): void {
  for (let i = 0; i < bits; i++) {
    const position = littleEndian ? shift + i : shift + bits - 1 - i;
    const mask = littleEndian ? 1 << (position & 7) : 0x80 >>> (position & 7);
    const at = offset + (position >>> 3);
    const set = (value >> BigInt(i)) & 1n;
    bytes[at] = set === 1n ? bytes[at]! | mask : bytes[at]! & ~mask;
  }
}
