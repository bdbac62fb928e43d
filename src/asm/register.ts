/**
 * A BPF register, as the builder takes it. An object, so that it is never mistaken for an immediate: the type
 * checker rejects `6` where `R6` is meant.
 */
export interface Register {
  /** 0 to 10. */
  readonly register: number;
}

function register(number: number): Register {
  return Object.freeze({ register: number });
}

/** Return value of helpers and of the program. */
export const R0: Register = register(0);
/** First argument of a call; on entry the program's context. */
export const R1: Register = register(1);
/** Second argument of a call. */
export const R2: Register = register(2);
/** Third argument of a call. */
export const R3: Register = register(3);
/** Fourth argument of a call. */
export const R4: Register = register(4);
/** Fifth argument of a call. */
export const R5: Register = register(5);
/** Kept across calls, as are R7, R8 and R9. */
export const R6: Register = register(6);
/** Kept across calls. */
export const R7: Register = register(7);
/** Kept across calls. */
export const R8: Register = register(8);
/** Kept across calls. */
export const R9: Register = register(9);
/** End of this function's 512 bytes of stack; read-only. */
export const R10: Register = register(10);

/** All registers, by number. */
export const REGISTERS: readonly Register[] = [R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10];
