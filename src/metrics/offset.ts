import type { Btf } from '../btf/index.ts';
import { NotFoundError } from '../errors/index.ts';

/** Offset in bytes of a member of a struct of the kernel. @throws NotFoundError. */
export function offsetOf(btf: Btf, struct: string, member: string): number {
  return btf.member(btf.get('struct', struct), member).bitOffset / 8;
}

/** As {@link offsetOf}; undefined where this kernel's struct has no such member. */
export function findOffset(btf: Btf, struct: string, member: string): number | undefined {
  try {
    return offsetOf(btf, struct, member);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
