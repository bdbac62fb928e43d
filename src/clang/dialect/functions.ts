import { closing, splitArguments, type Token } from './tokens.ts';

/** A function that is defined at the outermost level of a text. */
export interface CFunction {
  readonly name: string;
  /** Indices of tokens: the first one of the definition, the name, the brackets of the parameters. */
  readonly first: number;
  readonly at: number;
  readonly open: number;
  readonly close: number;
  readonly isStatic: boolean;
  readonly parameters: readonly { readonly first: number; readonly end: number }[];
}

/** Finds the functions that a text defines by name; what macros such as `TRACEPOINT_PROBE(…) {` define is left out. */
export function findFunctions(tokens: readonly Token[]): CFunction[] {
  const functions: CFunction[] = [];
  let first: number | undefined;
  for (let i = 0; i < tokens.length; i++) {
    const { kind, text, inMacro } = tokens[i]!;
    if (inMacro || kind === 'directive') continue;
    first ??= i;
    if (text === ';') first = undefined;
    if (text !== '{') continue;
    const found = functionBefore(tokens, first ?? i, i);
    const end = closing(tokens, i);
    if (end === undefined) break;
    i = end;
    if (found === undefined) continue; // `struct x { … } y;` goes on
    if (found !== 'macro') functions.push(found);
    first = undefined;
  }
  return functions;
}

/** The function whose body begins at `brace`: a name and its parameters stand before it. */
function functionBefore(
  tokens: readonly Token[],
  first: number,
  brace: number,
): CFunction | 'macro' | undefined {
  for (let open = first; open < brace; open++) {
    const { text, inMacro } = tokens[open]!;
    if (inMacro) continue;
    if (text === '=') return undefined;
    if (text !== '(') continue;
    const close = closing(tokens, open);
    if (close === undefined || close > brace) return undefined;
    const name = tokens[open - 1];
    if (name?.kind === 'word' && name.text !== '__attribute__' && name.text !== 'SEC') {
      if (open - 1 === first) return 'macro';
      if (close !== brace - 1) return undefined;
      const isVoid = close === open + 2 && tokens[open + 1]!.text === 'void';
      return {
        name: name.text,
        first,
        at: open - 1,
        open,
        close,
        isStatic: tokens
          .slice(first, open)
          .some(({ text }) => text === 'static' || text === 'inline' || text === '__always_inline'),
        parameters: isVoid ? [] : splitArguments(tokens, open, close),
      };
    }
    open = close;
  }
  return undefined;
}

/** Where a program of BCC's belongs. */
export interface Placement {
  /** As {@link ProgramSpec.section}; with a `?` in front where it will be said later. */
  readonly section: string;
  /** What takes the arguments that the function declares behind its context. */
  readonly form?: 'RT_KPROBE' | 'RT_SYSCALL' | 'BPF_PROG';
}

/** Kinds of programs by the type of their context. */
const BY_CONTEXT: ReadonlyMap<string, string> = new Map([
  ['pt_regs', 'kprobe'],
  ['bpf_raw_tracepoint_args', 'raw_tracepoint'],
  ['bpf_perf_event_data', 'perf_event'],
  ['__sk_buff', 'tc'],
  ['xdp_md', 'xdp'],
  ['sk_msg_md', 'sk_msg'],
  ['bpf_sock_ops', 'sockops'],
  ['bpf_sock_addr', 'cgroup/connect4'],
  ['bpf_sk_lookup', 'sk_lookup'],
  ['bpf_sysctl', 'cgroup/sysctl'],
]);

/**
 * Where a function belongs by its name (`BPF._trace_autoload` of BCC); of one without a known beginning only the kind
 * is known, by the type of its context.
 *
 * @param context the words of the first parameter, such as `struct`, `pt_regs`, `*`, `ctx`.
 * @returns undefined for a function that is no program.
 */
export function placeFunction(
  name: string,
  context: readonly string[] | undefined,
  parameters: number,
): Placement | undefined {
  const syscall = /^(?:syscall__|kprobe__sys_|kprobe____(?:x64|arm64)_sys_)(\w+)$/.exec(name)?.[1];
  if (syscall !== undefined) return { section: `ksyscall/${syscall}`, form: 'RT_SYSCALL' };
  const [, prefix, target = ''] =
    /^(kprobe|kretprobe|tracepoint|raw_tracepoint|kfunc|kretfunc|kmod_ret|lsm|bpf_iter)__(\w+)$/.exec(name) ??
    [];
  switch (prefix) {
    case 'kprobe':
      return { section: `kprobe/${target}`, form: 'RT_KPROBE' };
    case 'kretprobe':
      return {
        section: target.startsWith('sys_') ? `kretsyscall/${target.slice(4)}` : `kretprobe/${target}`,
      };
    case 'tracepoint': {
      const { category, event } = splitTracepoint(target);
      return { section: `tracepoint/${category}/${event}` };
    }
    case 'raw_tracepoint':
      return { section: `raw_tracepoint/${target}` };
    case 'kfunc':
      return { section: `fentry/${ofModule(target)}`, form: 'BPF_PROG' };
    case 'kretfunc':
      return { section: `fexit/${ofModule(target)}`, form: 'BPF_PROG' };
    case 'kmod_ret':
      return { section: `fmod_ret/${target}`, form: 'BPF_PROG' };
    case 'lsm':
      return { section: `lsm/${target}`, form: 'BPF_PROG' };
    case 'bpf_iter':
      return { section: `iter/${target}` };
  }
  if (context === undefined || !context.includes('*')) return undefined;
  if (parameters > 1)
    return context.includes('pt_regs') ? { section: '?kprobe', form: 'RT_KPROBE' } : undefined;
  if (context.includes('void')) return { section: '?kprobe' };
  const struct = context[context.indexOf('struct') + 1];
  if (struct === undefined || !context.includes('struct')) return undefined;
  const [, tracepoint] = /^tracepoint__(\w+)$/.exec(struct) ?? [];
  if (tracepoint !== undefined) {
    const { category, event } = splitTracepoint(tracepoint);
    return { section: `?tracepoint/${category}/${event}` };
  }
  return { section: `?${BY_CONTEXT.get(struct) ?? 'tracepoint'}` };
}

/** `vmlinux__tcp_connect` is a function of the kernel itself, `nf_tables__nft_do_chain` one of a module. */
function ofModule(target: string): string {
  const [, module, name] = /^([a-z]\w*?)__(\w+)$/.exec(target) ?? [];
  if (module === undefined) return target;
  return module === 'vmlinux' ? name! : `${module}:${name}`;
}

/** `syscalls__sys_enter_execve`: the names of events may hold two underscores too. */
export function splitTracepoint(name: string): { category: string; event: string } {
  const at = name.indexOf('__');
  return at < 0 ? { category: name, event: '' } : { category: name.slice(0, at), event: name.slice(at + 2) };
}
