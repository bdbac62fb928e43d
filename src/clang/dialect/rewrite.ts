import { CompileError, NotFoundError, nearest } from '../../errors/index.ts';
import type { KernelSource } from '../kernel-source.ts';
import type { Code } from '../workspace.ts';
import { Edits } from './edits.ts';
import {
  type CFunction,
  findFunctions,
  type Placement,
  placeFunction,
  splitTracepoint,
} from './functions.ts';
import { MAP_MACROS, METHODS, TABLE_TYPES, UNSUPPORTED } from './maps.ts';
import { mayReadKernel } from './pointers.ts';
import { spellSockMembers } from './sock-members.ts';
import { closing, splitArguments, type Token, tokenize } from './tokens.ts';
import { tracepointStruct } from './tracepoint-struct.ts';

/** A text in BCC's dialect, put into libbpf's. */
export interface Rewritten {
  readonly code: Code;
  /** Names of its maps. */
  readonly maps: ReadonlySet<string>;
  /** Whether there may be pointers to memory that the program may not read as it stands. */
  readonly mayReadKernel: boolean;
}

/**
 * Whether a text is in BCC's dialect: one for libbpf puts each map and program into a section of its own, or includes
 * libbpf's headers.
 */
export function isBccDialect(text: string): boolean {
  return !tokenize(text).some(
    ({ kind, text }) =>
      (kind === 'word' && (text === 'SEC' || text === 'section' || text === '__section__')) ||
      (kind === 'directive' && (/^#\s*include\s*(?:"vmlinux\.h"|<bpf\/)/.test(text) || /\bSEC\(/.test(text))),
  );
}

/**
 * Puts a text in BCC's dialect into libbpf's, line by line: calls of methods on maps become macros of
 * `<ringtail/bcc.h>`, functions get sections by their names, the kernel's headers are left out.
 *
 * @param file what the text is called in errors.
 * @throws CompileError for what is not supported, with the place in the text; what {@link KernelSource} throws.
 */
export function rewriteDialect(text: string, file: string, kernel: KernelSource): Rewritten {
  return new Rewriter(text, file, kernel).run();
}

class Rewriter {
  readonly #text: string;
  readonly #file: string;
  readonly #kernel: KernelSource;
  readonly #tokens: readonly Token[];
  readonly #edits: Edits;
  /** Name of a map → the macro that declares it. */
  readonly #maps: Map<string, string> = new Map();
  /** `category:event` → the struct of its arguments. */
  readonly #tracepoints: Map<string, string> = new Map();

  constructor(text: string, file: string, kernel: KernelSource) {
    this.#text = text;
    this.#file = file;
    this.#kernel = kernel;
    this.#tokens = tokenize(text);
    this.#edits = new Edits(text);
  }

  run(): Rewritten {
    for (const [i, token] of this.#tokens.entries()) {
      if (token.kind === 'directive') this.#directive(token);
      else if (token.kind === 'word') this.#declaration(i, token);
    }
    for (const i of this.#tokens.keys()) this.#method(i);
    spellSockMembers(this.#tokens, this.#edits);
    for (const found of findFunctions(this.#tokens)) this.#function(found);
    const { text, sourceOffset } = this.#edits.apply();
    const before = ['#include <vmlinux.h>', '#include <ringtail/bcc.h>', ...this.#tracepoints.values()];
    const licence = this.#tokens.some(({ text }) => text === '"license"') ? '' : LICENSE;
    return {
      code: {
        before: before.map((line) => `${line}\n`).join(''),
        text: `${text}\n${licence}`,
        sourceOffset,
      },
      maps: new Set(this.#maps.keys()),
      mayReadKernel: mayReadKernel(this.#tokens),
    };
  }

  /** Headers of the kernel are answered by its types; a text's own headers stay. */
  #directive({ text, start }: Token): void {
    const [, name] = /^#\s*include\s*<([^>]*)>/.exec(text) ?? [];
    if (name === undefined || /^(?:bpf\/|std(?:bool|def|arg|int)\.h$)/.test(name)) return;
    // As long as before, so that columns stay.
    this.#edits.replace(start, start + 2, '//');
  }

  #declaration(i: number, token: Token): void {
    const { text } = token;
    const instead = UNSUPPORTED.get(text);
    if (instead !== undefined) {
      throw this.#error(token, `${text} of BCC is not supported`, `Write ${instead}.`);
    }
    const [, tracepoint] = /^tracepoint__(\w+)$/.exec(text) ?? [];
    if (tracepoint !== undefined && this.#tokens[i - 1]?.text === 'struct') {
      const { category, event } = splitTracepoint(tracepoint);
      this.#tracepoint(token, category, event);
    }
    if (token.inMacro || this.#tokens[i + 1]?.text !== '(') return;
    const close = closing(this.#tokens, i + 1);
    if (close === undefined) return;
    const parts = splitArguments(this.#tokens, i + 1, close);
    if (text === 'TRACEPOINT_PROBE') {
      const [category, event] = parts.map(({ first }) => this.#tokens[first]!.text);
      if (category !== undefined && event !== undefined) this.#tracepoint(token, category, event);
    } else if (text === 'BPF_ITER') {
      const target = this.#tokens[i + 2]!.text;
      this.#tracepoints.set(`iter:${target}`, `struct bpf_iter__${target};`);
    }
    const macro = MAP_MACROS.get(text);
    if (macro === undefined) return;
    const name = parts[macro.name];
    if (name !== undefined) this.#maps.set(this.#tokens[name.first]!.text, text);
    if (macro.quoted === 'first') this.#tableType(parts[0]?.first);
    else if (macro.quoted === 'inner') {
      for (const { first } of parts) this.#unquote(this.#tokens[first]!);
    }
  }

  #tableType(index: number | undefined): void {
    const token = index === undefined ? undefined : this.#tokens[index];
    if (token?.kind !== 'string') return;
    const name = token.text.slice(1, -1);
    if (!TABLE_TYPES.includes(name)) {
      const close = nearest(name, TABLE_TYPES);
      throw this.#error(
        token,
        `BPF_TABLE knows no maps of type ${token.text}`,
        `Use one of: ${(close.length > 0 ? close : TABLE_TYPES).join(', ')}.`,
      );
    }
    this.#unquote(token);
  }

  #unquote({ kind, text, start, end }: Token): void {
    if (kind === 'string') this.#edits.replace(start, end, ` ${text.slice(1, -1)} `);
  }

  #tracepoint(token: Token, category: string, event: string): void {
    const key = `${category}:${event}`;
    if (this.#tracepoints.has(key)) return;
    this.#tracepoints.set(
      key,
      tracepointStruct(category, event, this.#format(token, category, event), () => this.#kernel.btf()),
    );
  }

  #format(token: Token, category: string, event: string): string {
    try {
      return this.#kernel.tracepointFormat(category, event);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      throw this.#error(token, error.message, error.remedy);
    }
  }

  /** `map.method(…)` becomes `RT_method(map, …)`; within a macro the map may be one of its parameters. */
  #method(i: number): void {
    const [map, dot, method, open, next] = this.#tokens.slice(i, i + 5);
    if (map?.kind !== 'word' || dot?.text !== '.' || method?.kind !== 'word' || open?.text !== '(') return;
    const before = this.#tokens[i - 1]?.text;
    if (before === '.' || before === '->') return;
    const macro = this.#maps.get(map.text);
    if (macro === undefined) {
      if (!map.inMacro || !METHODS.has(method.text)) return;
    } else if (!MAP_MACROS.get(macro)!.methods.includes(method.text)) {
      const { methods } = MAP_MACROS.get(macro)!;
      const close = nearest(method.text, methods);
      throw this.#error(
        method,
        `map ${map.text} is declared by ${macro} and has no method "${method.text}"`,
        `Use ${(close.length > 0 ? close : methods).join(', ')}.`,
      );
    }
    const comma = next?.text === ')' ? '' : ', ';
    this.#edits.replace(map.start, open.end, `RT_${method.text}(${map.text}${comma}`);
    const close = closing(this.#tokens, i + 3);
    if (close === undefined) return;
    const parts = splitArguments(this.#tokens, i + 3, close);
    const [least, most] = METHODS.get(method.text)!;
    if (!map.inMacro && (parts.length < least || parts.length > most)) {
      const takes = `${least === most ? least : `${least} or ${most}`} argument${most > 1 ? 's' : ''}`;
      throw this.#error(
        method,
        `${map.text}.${method.text} takes ${takes}, not ${parts.length}`,
        'See "Maps" in docs/reference_guide.md of BCC.',
      );
    }
    for (const { first, end } of parts) {
      const argument = this.#tokens.slice(first, end);
      // The preprocessor knows no braces: `&(struct key){ 1, 2 }` would be two arguments.
      if (argument.some(({ text }) => text === '{')) {
        this.#edits.wrap(argument[0]!.start, argument.at(-1)!.end, '(', ')');
      }
    }
  }

  #function(found: CFunction): void {
    const { name, first, at, open, close, isStatic, parameters } = found;
    const words = parameters[0] && this.#tokens.slice(parameters[0].first, parameters[0].end);
    const placement = placeFunction(
      name,
      words?.map(({ text }) => text),
      parameters.length,
    );
    const start = this.#tokens[first]!.start;
    if (placement === undefined || isStatic || (placement.section.startsWith('?') && this.#isCalled(found))) {
      // As in BCC: a program is one function.
      if (name !== 'main')
        this.#edits.insert(start, `${isStatic ? '' : 'static '}__attribute__((always_inline)) `);
      return;
    }
    this.#checkTracepoint(placement, this.#tokens[at]!);
    this.#checkRegisters(placement, found);
    this.#edits.insert(start, `SEC("${placement.section}") `);
    const isRaw = parameters.length === 1 && words!.some(({ text }) => text === 'long');
    if (placement.form === 'BPF_PROG' && !isRaw) {
      const comma = parameters.length > 0 ? ', ' : '';
      this.#edits.replace(this.#tokens[at]!.start, this.#tokens[open]!.end, `BPF_PROG(${name}${comma}`);
      if (parameters.length === 0)
        this.#edits.replace(this.#tokens[open]!.end, this.#tokens[close]!.start, '');
    } else if (placement.form !== undefined && placement.form !== 'BPF_PROG' && parameters.length > 1) {
      this.#edits.replace(this.#tokens[at]!.start, this.#tokens[open]!.end, `${placement.form}(${name}, `);
    }
  }

  #checkTracepoint({ section }: Placement, token: Token): void {
    if (!section.startsWith('tracepoint/') || section.split('/').every((part) => part !== '')) return;
    throw this.#error(
      token,
      `${token.text} does not say which tracepoint it is for`,
      'Call it tracepoint__CATEGORY__EVENT, or write TRACEPOINT_PROBE(CATEGORY, EVENT).',
    );
  }

  #checkRegisters({ form }: Placement, { at, parameters }: CFunction): void {
    if (form === undefined || form === 'BPF_PROG' || parameters.length <= 1 + REGISTERS) return;
    throw this.#error(
      this.#tokens[at]!,
      `${this.#tokens[at]!.text} takes ${parameters.length - 1} arguments behind its context, and registers hold ${REGISTERS}`,
      `Declare the first ${REGISTERS} at most; the others are in the stack of the function (PT_REGS_SP).`,
    );
  }

  /** Whether the text calls a function that it defines: then it is no program. */
  #isCalled({ name, at }: CFunction): boolean {
    return this.#tokens.some(
      ({ kind, text }, i) =>
        i !== at && kind === 'word' && text === name && this.#tokens[i + 1]?.text === '(',
    );
  }

  #error(token: Token, problem: string, hint: string): CompileError {
    return new CompileError({ file: this.#file, text: this.#text, offset: token.start, problem, hint });
  }
}

/** How many arguments of a function are in registers, on x86-64; arm64 has two more, which `<ringtail/bcc.h>` leaves alone. */
const REGISTERS = 6;

/** BCC's own licence for programs is GPL unless the text defines another. */
const LICENSE = `#ifndef BPF_LICENSE
#define BPF_LICENSE GPL
#endif
#define RT_LICENSE(name) #name
#define RT_LICENSE_OF(name) RT_LICENSE(name)
char rt_license[] SEC("license") = RT_LICENSE_OF(BPF_LICENSE);
`;
