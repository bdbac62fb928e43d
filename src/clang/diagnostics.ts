import type { Diagnostic } from '../errors/index.ts';

/** `exec.c:3:5: error: …`, or without a place `error: …`. A path may hold colons. */
const DIAGNOSTIC =
  /^(?:(.+?):(\d+):(\d+): |<unknown>:0:0: |clang[^ :]*: |)(fatal error|error|warning): (.*?)(?: is invalid in C99)?(?: \[-W[^\]]*\])?$/;

/** Most that are kept of one compilation. */
const MOST = 100;

/**
 * Reads what clang printed with `-fno-caret-diagnostics`; notes are left out.
 *
 * @param nameOf what a file that clang names is called by the user.
 * @param textOf the text of a file that clang names.
 */
export function parseDiagnostics(
  output: string,
  nameOf: (file: string) => string,
  textOf: (file: string) => string | undefined,
): Diagnostic[] {
  const texts = new Map<string, readonly string[]>();
  const diagnostics: Diagnostic[] = [];
  for (const row of output.split('\n')) {
    const [, file, line, column, severity, problem] = DIAGNOSTIC.exec(row) ?? [];
    if (problem === undefined || /^\d+ errors? generated/.test(problem)) continue;
    if (diagnostics.length === MOST) break;
    const key = file ?? '';
    if (!texts.has(key)) texts.set(key, (file === undefined ? '' : (textOf(file) ?? '')).split('\n'));
    const sourceLine = (texts.get(key)![Number(line ?? 0) - 1] ?? '').replace(/\r$/, '');
    diagnostics.push({
      severity: severity === 'warning' ? 'warning' : 'error',
      file: nameOf(key),
      line: Number(line ?? 0),
      column: toUtf16(sourceLine, Number(column ?? 0)),
      problem,
      sourceLine,
    });
  }
  return diagnostics;
}

/** Clang counts the bytes of UTF-8. */
function toUtf16(line: string, column: number): number {
  return (
    Buffer.from(line)
      .subarray(0, Math.max(0, column - 1))
      .toString().length + (column > 0 ? 1 : 0)
  );
}

const STACK = /stack limit|stack frame|too large for stack|exceeds.*stack/i;

/** Causes by what clang says of them, and what helps. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    STACK,
    'A program has 512 bytes of stack: reserve the struct in a ring (bpf_ringbuf_reserve), or keep it in a map of one entry (BPF_MAP_TYPE_PERCPU_ARRAY).',
  ],
  [
    /(?:unknown type name|undeclared identifier) '(?:__)?[us](?:8|16|32|64)'|incomplete (?:definition of )?type 'struct/,
    'Begin with #include "vmlinux.h", which is made from the kernel\'s types; a name that is not in it is not in this kernel.',
  ],
  [
    /(?:function|identifier) 'bpf_\w+'|identifier 'BPF_\w+'|unknown type name 'SEC'|function 'SEC'/,
    'Include <bpf/bpf_helpers.h> (helpers, SEC, maps), <bpf/bpf_tracing.h> (BPF_PROG, PT_REGS) or <bpf/bpf_core_read.h> (BPF_CORE_READ); `ringtail helpers` lists the helpers.',
  ],
  [/file not found/, 'Name the folder that it is in with -I; "vmlinux.h" and <bpf/…> are always there.'],
  [
    /no member named .* in 'struct tracepoint__/,
    'See what the tracepoint has: ringtail trace -l CATEGORY:NAME; of a text behind its record there is data_loc_NAME.',
  ],
  [
    /no member named/,
    'See what the struct has on this kernel: ringtail vmlinux --type NAME. For other kernels declare it as struct NAME___older { … } and guard it with bpf_core_field_exists().',
  ],
  [
    /too many args|too many arguments/,
    'A function of BPF takes 5 arguments at most: pass a pointer to a struct.',
  ],
];

/**
 * Errors in the order in which they tell most, each once. A stack that is too large comes first: its other signs, such
 * as a call of memset, lead astray.
 */
export function ranked(errors: readonly Diagnostic[]): Diagnostic[] {
  const once = new Map(
    errors.map((error) => [`${error.file}:${error.line}:${error.column} ${error.problem}`, error]),
  );
  const rank = ({ problem }: Diagnostic): number => (STACK.test(problem) ? 0 : 1);
  return [...once.values()].sort((a, b) => rank(a) - rank(b));
}

/** What helps against an error of clang. */
export function remedyFor({ problem, line }: Diagnostic): string {
  const known = REMEDIES.find(([pattern]) => pattern.test(problem));
  if (known !== undefined) return known[1];
  return line > 0
    ? 'Correct the text at the place that is shown.'
    : 'It is about no place in the text: see whether the flags are right, and compile by hand to see all that clang says.';
}
