import type { Token } from './tokens.ts';

/** Structs that programs are called with: the verifier knows them. */
const CONTEXTS = /^(?:pt_regs|__sk_buff|xdp_md|bpf_\w+|tracepoint__\w+)$/;

/**
 * Whether a text may read through a pointer to memory that is not its own: whether it has any other pointers than to structs
 * that it defines or is called with. A guess on the safe side, which spares many programs a run of clang.
 */
export function mayReadKernel(tokens: readonly Token[]): boolean {
  const own = new Set<string>();
  for (const [i, { text }] of tokens.entries()) {
    if ((text === 'struct' || text === 'union') && tokens[i + 2]?.text === '{') own.add(tokens[i + 1]!.text);
  }
  return tokens.some(({ text }, i) => {
    const [before, name] = [tokens[i - 2]?.text, tokens[i - 1]?.text ?? ''];
    if (text === '->') return /^[)\]]$/.test(name) || /^(?:->|\[)$/.test(tokens[i + 2]?.text ?? '');
    if (text !== '*') return false;
    return (before !== 'struct' && before !== 'union') || !(own.has(name) || CONTEXTS.test(name));
  });
}
