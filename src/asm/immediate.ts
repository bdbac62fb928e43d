import { ArgumentError } from '../errors/index.ts';
import type { Width } from './isa.ts';

const S32_MIN = -0x80000000;
const S32_MAX = 0x7fffffff;
const U32_MAX = 0xffffffff;

/**
 * An immediate of a 64-bit operation: the kernel sign-extends it, so it must be signed 32 bits.
 *
 * @throws ArgumentError if it is not.
 */
export function signed32(what: string, value: number): number {
  if (Number.isInteger(value) && value >= S32_MIN && value <= S32_MAX) return value;
  throw new ArgumentError({
    message: `${what}: immediate ${value} is not a signed 32-bit integer`,
    remedy: 'The kernel would sign-extend it: put the constant in a register with loadImm64() and use that.',
  });
}

/**
 * An immediate of a 32-bit operation, where sign extension makes no difference: −2^31 to 2^32 − 1.
 *
 * @throws ArgumentError if it does not fit 32 bits either way.
 */
export function any32(what: string, value: number): number {
  if (Number.isInteger(value) && value >= S32_MIN && value <= U32_MAX) return value | 0;
  throw new ArgumentError({
    message: `${what}: immediate ${value} is not a 32-bit integer`,
    remedy: 'Use the 64-bit operation, with the constant in a register by loadImm64().',
  });
}

/** The immediate of a store: any value of the width, signed or unsigned; for `u64` signed 32 bits. */
export function storable(width: Width, value: number): number {
  if (width === 'u64') return signed32('store u64', value);
  const bits = Number(width.slice(1));
  if (Number.isInteger(value) && value >= -(2 ** (bits - 1)) && value < 2 ** bits) return value | 0;
  throw new ArgumentError({
    message: `store ${width}: value ${value} does not fit`,
    remedy: `Store it with a wider type, or mask it to ${bits} bits first.`,
  });
}

/** A shift count: 0 to `bits` − 1, as the verifier demands. */
export function shiftCount(what: string, value: number, bits: 32 | 64): number {
  return within(what, 'shift count', value, 0, bits - 1);
}

/** A divisor: anything but 0, which the verifier rejects. */
export function divisor(what: string, value: number): number {
  if (value !== 0) return value;
  throw new ArgumentError({ message: `${what}: division by 0`, remedy: 'The verifier rejects it.' });
}

/** Bytes from the base register of a memory access: signed 16 bits. */
export function memoryOffset(what: string, value: number): number {
  return within(what, 'offset', value, -0x8000, 0x7fff);
}

/** `value`, if it is an integer from `min` to `max`. */
export function within(what: string, name: string, value: number, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new ArgumentError({
    message: `${what}: ${name} ${value} is not an integer from ${min} to ${max}`,
    remedy: `Use a ${name} within that range.`,
  });
}
