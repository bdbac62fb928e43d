import type { Edits } from './edits.ts';
import type { Token } from './tokens.ts';

/** What `<net/sock.h>` has as macros of the same names: members of the struct that all kinds of sockets begin with. */
const OF_SOCK =
  'addrpair bound_dev_if cookie daddr dport family flags hash incoming_cpu ipv6only net net_refcnt node nulls_node num portpair prot rcv_saddr refcnt reuse reuseport rxhash state v6_daddr v6_rcv_saddr';

/** And `<net/inet_sock.h>`. */
const OF_INET_SOCK = 'daddr dport num rcv_saddr';

/** The name of a macro → what it stands for. */
const MEMBERS: ReadonlyMap<string, string> = new Map([
  ...OF_SOCK.split(' ').map((name) => [`sk_${name}`, `__sk_common.skc_${name}`] as const),
  ...OF_INET_SOCK.split(' ').map((name) => [`inet_${name}`, `sk.__sk_common.skc_${name}`] as const),
]);

/**
 * Puts the members of sockets in the place of the macros that the kernel's headers have for them, `sk->sk_state` for one.
 * A text that has a member, or anything else, of that name means its own.
 */
export function spellSockMembers(tokens: readonly Token[], edits: Edits): void {
  const isMember = (i: number): boolean => /^(?:->|\.)$/.test(tokens[i - 1]?.text ?? '');
  const found = [...tokens.keys()].filter((i) => MEMBERS.has(tokens[i]!.text));
  const own = new Set(found.filter((i) => !isMember(i)).map((i) => tokens[i]!.text));
  for (const { text, start, end } of found.map((i) => tokens[i]!)) {
    if (!own.has(text)) edits.replace(start, end, MEMBERS.get(text)!);
  }
}
