import { type AstNode, isPointer, pointsToStruct, typeOf, visitTree } from './ast.ts';

/**
 * Where pointers come from, as bits: one pointer may come from several places.
 *
 * - Ours: the stack, global data, values of maps, records of rings, packets. Programs may read and write there.
 * - Trusted: the verifier knows the struct that it points to, and takes reads as they stand.
 * - User, Kernel: an address. Reads have to go through a helper.
 * - Context…: what the program is called with. It may be read, and what is read is of the kind that follows.
 */
export const From = {
  Ours: 1,
  Trusted: 2,
  User: 4,
  Kernel: 8,
  ContextOfOurs: 16,
  ContextOfTrusted: 32,
  ContextOfUser: 64,
  ContextOfKernel: 128,
} as const;

/** A union of {@link From}; 0 for what is nowhere known to be set. */
export type Provenance = number;

const READ_FROM_CONTEXT: readonly (readonly [Provenance, Provenance])[] = [
  [From.ContextOfOurs, From.Ours],
  [From.ContextOfTrusted, From.Trusted],
  [From.ContextOfUser, From.User],
  [From.ContextOfKernel, From.Kernel],
];

/** What functions give back: helpers, builtins, and functions of `<ringtail/bcc.h>`. Others give addresses of the kernel. */
const RESULTS: ReadonlyMap<string, Provenance> = new Map([
  ...[
    'bpf_map_lookup_elem',
    'bpf_map_lookup_percpu_elem',
    'bpf_ringbuf_reserve',
    'bpf_get_local_storage',
    'bpf_task_storage_get',
    'bpf_inode_storage_get',
    'bpf_sk_storage_get',
    'bpf_cgrp_storage_get',
    'bpf_dynptr_data',
  ].map((name) => [name, From.Ours] as const),
  ...[
    'bpf_get_current_task_btf',
    'bpf_task_pt_regs',
    'bpf_sock_from_file',
    'bpf_per_cpu_ptr',
    'bpf_this_cpu_ptr',
    'bpf_skc_to_tcp_sock',
    'bpf_skc_to_tcp6_sock',
    'bpf_skc_to_udp6_sock',
    'bpf_skc_to_unix_sock',
  ].map((name) => [name, From.Trusted] as const),
  ['rt_syscall_argument', From.User],
]);

/** Contexts that lead to packets and sockets: programs of these types read no other memory of the kernel. */
const NETWORK =
  /struct (?:__sk_buff|xdp_md|sk_msg_md|bpf_sock_ops|bpf_sock_addr|bpf_sock|bpf_sk_lookup|bpf_sysctl|sk_reuseport_md|bpf_sockopt|bpf_nf_ctx) \*/;

/**
 * Finds where the pointers of some functions come from: every value that reaches a variable, parameter or result counts,
 * in whatever order the program runs.
 */
export class Provenances {
  /** By the id of a variable or parameter, or the name of a function for what it gives back. */
  readonly #known: Map<string, Provenance> = new Map();
  readonly #functions: ReadonlyMap<string, AstNode>;
  #changed = false;

  /** @param functions definitions of the program's own. */
  constructor(functions: readonly AstNode[]) {
    this.#functions = new Map(functions.map((node) => [node.name ?? '', node]));
    for (const node of functions) this.#addContext(node);
    // Bits are only ever added, so this ends; chains of calls need a round each.
    do {
      this.#changed = false;
      for (const node of functions) this.#follow(node);
    } while (this.#changed);
  }

  /** Where the value of an expression comes from, if it is a pointer or was one. */
  of(node: AstNode | undefined): Provenance {
    if (node?.kind === undefined) return 0;
    const [first] = node.inner ?? [];
    switch (node.kind) {
      case 'ParenExpr':
      case 'ConstantExpr':
      case 'ExprWithCleanups':
        return this.of(first);
      case 'ImplicitCastExpr':
      case 'CStyleCastExpr':
        return this.#ofCast(node, first);
      case 'UnaryOperator':
        if (node.opcode === '&') return this.ofPlace(first);
        return this.of(first);
      case 'BinaryOperator':
      case 'CompoundAssignOperator':
        return this.#ofOperation(node);
      case 'ConditionalOperator':
        return this.of(node.inner?.[1]) | this.of(node.inner?.[2]);
      case 'BinaryConditionalOperator':
        return this.of(first) | this.of(node.inner?.at(-1));
      case 'OpaqueValueExpr':
        return this.of(first);
      case 'StmtExpr':
        return this.of(first?.inner?.at(-1));
      case 'CallExpr':
        return this.#ofCall(node);
      default:
        return 0;
    }
  }

  /** Where a place in memory is: what its address would come from. */
  ofPlace(node: AstNode | undefined): Provenance {
    const [first] = node?.inner ?? [];
    switch (node?.kind) {
      case 'ParenExpr':
        return this.ofPlace(first);
      case 'MemberExpr':
        return node.isArrow === true ? this.of(first) : this.ofPlace(first);
      case 'ArraySubscriptExpr':
        return this.of((node.inner ?? []).find((child) => isPointer(typeOf(child))));
      case 'UnaryOperator':
        return node.opcode === '*' || node.opcode === '__extension__' ? this.of(first) : From.Ours;
      default:
        return From.Ours;
    }
  }

  #ofCast(node: AstNode, operand: AstNode | undefined): Provenance {
    switch (node.castKind) {
      case 'LValueToRValue':
        return this.#ofRead(node, operand);
      case 'ArrayToPointerDecay':
        return this.ofPlace(operand);
      case 'IntegralToPointer':
        // A number that came from nowhere known, unless it is 0.
        return this.of(operand) || (isLiteral(operand) ? 0 : From.Kernel);
      default:
        return this.of(operand);
    }
  }

  #ofRead(node: AstNode, place: AstNode | undefined): Provenance {
    const variable = variableOf(place);
    if (variable !== undefined) return this.#known.get(variable) ?? 0;
    const where = this.ofPlace(place);
    const type = typeOf(node);
    let result = 0;
    for (const [context, leadsTo] of READ_FROM_CONTEXT) if ((where & context) !== 0) result |= leadsTo;
    if ((where & From.Trusted) !== 0) result |= pointsToStruct(type) ? From.Trusted : From.Kernel;
    if ((where & From.User) !== 0) result |= From.User;
    // Whatever was put into our memory is only an address.
    if (where === 0 || (where & (From.Kernel | From.Ours)) !== 0) result |= From.Kernel;
    return isPointer(type) || /\blong\b/.test(type) || (where & From.ContextOfOurs) !== 0 ? result : 0;
  }

  #ofOperation(node: AstNode): Provenance {
    const [left, right] = node.inner ?? [];
    switch (node.opcode) {
      case '=':
      case ',':
        return this.of(right);
      case '+':
      case '-':
        if (isPointer(typeOf(node))) return this.of(isPointer(typeOf(left!)) ? left : right);
        return this.of(left) | this.of(right);
      case '+=':
      case '-=':
        return this.of(left) | this.#ofVariable(left);
      case '&':
      case '|':
        return this.of(left) | this.of(right);
      default:
        return 0;
    }
  }

  #ofCall(node: AstNode): Provenance {
    const name = calleeOf(node);
    if (name === '__builtin_preserve_access_index') return this.of(node.inner?.[1]);
    if (name !== undefined && this.#functions.has(name)) return this.#known.get(name) ?? 0;
    return (name === undefined ? undefined : RESULTS.get(name)) ?? From.Kernel;
  }

  #ofVariable(node: AstNode | undefined): Provenance {
    const variable = variableOf(node);
    return variable === undefined ? 0 : (this.#known.get(variable) ?? 0);
  }

  /** The first parameter of a function that the kernel calls. */
  #addContext(node: AstNode): void {
    const [context] = parametersOf(node);
    if (context === undefined || node.storageClass === 'static') return;
    const { name = '' } = node;
    const from = NETWORK.test(typeOf(context))
      ? From.ContextOfOurs
      : /^(?:kfunc|kretfunc|kmod_ret|lsm|bpf_iter)__/.test(name)
        ? From.ContextOfTrusted
        : name.startsWith('tracepoint__syscalls__')
          ? From.ContextOfUser
          : From.ContextOfKernel;
    this.#known.set(context.id, from);
  }

  #follow(definition: AstNode): void {
    visitTree(definition, (node) => {
      this.#followNode(node, definition.name ?? '');
      return true;
    });
  }

  /** Notes what a node gives to a variable, a parameter, or as the result of `own`. */
  #followNode(node: AstNode, own: string): void {
    const [first, second] = node.inner ?? [];
    if (node.kind === 'VarDecl') {
      if (node.init !== undefined) this.#add(node.id, typeOf(node), node.inner?.at(-1));
    } else if (node.kind === 'BinaryOperator' && node.opcode === '=') {
      const variable = variableOf(first);
      if (variable !== undefined) this.#add(variable, typeOf(first!), second);
    } else if (node.kind === 'ReturnStmt') this.#add(own, '', first);
    else if (node.kind === 'CallExpr') {
      const callee = this.#functions.get(calleeOf(node) ?? '');
      if (callee === undefined) return;
      for (const [i, parameter] of parametersOf(callee).entries()) {
        this.#add(parameter.id, typeOf(parameter), node.inner?.[i + 1]);
      }
    }
  }

  #add(key: string, type: string, value: AstNode | undefined): void {
    let from = this.of(value);
    // The verifier knows structs alone.
    if ((from & From.Trusted) !== 0 && type !== '' && !pointsToStruct(type)) {
      from = (from & ~From.Trusted) | From.Kernel;
    }
    const before = this.#known.get(key) ?? 0;
    if ((before | from) === before) return;
    this.#known.set(key, before | from);
    this.#changed = true;
  }
}

export function calleeOf(call: AstNode): string | undefined {
  let node = call.inner?.[0];
  while (node !== undefined && node.kind !== 'DeclRefExpr') [node] = node.inner ?? [];
  return node?.referencedDecl?.name;
}

function parametersOf(definition: AstNode): readonly AstNode[] {
  return (definition.inner ?? []).filter(({ kind }) => kind === 'ParmVarDecl');
}

/** The id of the variable or parameter that a place is. */
function variableOf(node: AstNode | undefined): string | undefined {
  let place = node;
  while (place?.kind === 'ParenExpr') [place] = place.inner ?? [];
  return place?.kind === 'DeclRefExpr' ? place.referencedDecl?.id : undefined;
}

function isLiteral(node: AstNode | undefined): boolean {
  let value = node;
  while (value?.kind === 'ParenExpr' || value?.kind === 'ImplicitCastExpr') [value] = value.inner ?? [];
  return value?.kind === 'IntegerLiteral';
}
