/**
 * Parts of the grammar of C as sources of regular expressions. What does not end goes to the end of the line or text, and
 * clang will say so. Time is linear; and runs of one kind of character are single loops, for which V8 keeps nothing per
 * character: a line may have megabytes.
 */

/** A comment. Lines that end in a backslash go on. */
export const COMMENT: string = String.raw`\/\*[\s\S]*?(?:\*\/|(?![\s\S]))|\/\/[^\\\n]*(?:\\+(?:\r?\n)?[^\\\n]*)*`;

/** A text in quotes. */
export const TEXT: string = String.raw`"[^"\\\n]*(?:\\[\s\S][^"\\\n]*)*"?`;

/** A character in quotes. */
export const CHARACTER: string = String.raw`'[^'\\\n]*(?:\\[\s\S][^'\\\n]*)*'?`;

/** What begins with a `#` in a line, up to its end. Comments may span lines, and a backslash joins the next one. */
export const DIRECTIVE: string = String.raw`[ \t]*#[^\\\n/"']*(?:(?:\\+(?:\r?\n)?|${COMMENT}|${TEXT}|${CHARACTER}|\/)[^\\\n/"']*)*`;

/** UTF-16 units of the longest text that these are tried on: beyond, V8 may run out of stack. */
export const LONGEST_TEXT: number = 1 << 21;
