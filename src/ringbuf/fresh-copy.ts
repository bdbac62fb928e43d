let copies = 0;

/**
 * A function of the same text, compiled anew, or the function itself where generating code is forbidden.
 *
 * V8 keeps what it learns of types and call targets by place in the text. A loop that many callers share has learnt
 * of all their callees and inlines none of them; a copy for each caller knows one, and becomes one piece of machine
 * code with it.
 *
 * @param original refers to nothing but its parameters and globals.
 */
export function freshCopy<F extends (...args: never) => unknown>(original: F): F {
  try {
    // Of equal texts V8 would compile the first one only.
    return new Function(`'use strict';\nreturn ${original}\n// copy ${++copies}`)() as F;
  } catch (error) {
    if (error instanceof EvalError) return original;
    throw error;
  }
}
