import { closeSync, readSync } from 'node:fs';
import { ArgumentError, ClosedError, NotSupportedError } from '../errors/index.ts';
import { type AttachKind, AttachType } from '../spec/index.ts';
import {
  iteratorCreate,
  linkCreate,
  objectPin,
  perfSetProgram,
  perfTracepointOpen,
  rawTracepointOpen,
} from '../sys/index.ts';
import type { BpfProgram } from './program.ts';
import { tracepointId } from './tracefs.ts';

/** An attachment. The program runs until it is closed (or, pinned, until its pin is removed too). */
export class BpfLink implements Disposable {
  /** What it is attached to, in words: `tp_btf/sched_process_exec`. */
  readonly target: string;
  #fd: number;

  constructor(fd: number, target: string) {
    this.#fd = fd;
    this.target = target;
  }

  /** @throws ClosedError. */
  get fd(): number {
    if (this.#fd < 0) throw new ClosedError(`the link to ${this.target}`);
    return this.#fd;
  }

  /** Keeps the attachment beyond this process. Not for tracepoints by perf event, which have no link object. */
  pin(path: string): void {
    objectPin(this.fd, path, `the link to ${this.target}`);
  }

  /** Detaches. Idempotent. */
  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const AUTOMATIC: ReadonlySet<AttachKind> = new Set(['tracepoint', 'raw_tracepoint', 'tp_btf', 'iter']);

/** Whether the section of a program of that kind can say all that attaching it takes. */
export function isAutomatic(kind: AttachKind): boolean {
  return AUTOMATIC.has(kind);
}

/**
 * Attaches a program where its section says [`bpf_program__attach`].
 *
 * @throws ArgumentError for a program that is run, not attached, and where tracefs is needed but not mounted;
 *   NotSupportedError for kinds that this version does not attach; NotFoundError, PermissionError, BpfSyscallError.
 */
export function attach(program: BpfProgram): BpfLink {
  const { attachKind, target } = program.section;
  const what = `program ${program.name} to ${attachKind} ${target}`;
  if (target === undefined && isAutomatic(attachKind)) {
    throw new ArgumentError({
      message: `the section of program ${program.name} does not say what to attach to`,
      remedy: `Name it behind a slash: SEC("${attachKind}/…").`,
    });
  }
  switch (attachKind) {
    case 'tracepoint': {
      const [category, name] = target!.split('/') as [string, string];
      const perf = perfTracepointOpen(tracepointId(category, name), what);
      return new BpfLink(perfSetProgram(perf, program.fd, what), `tracepoint/${target}`);
    }
    case 'raw_tracepoint':
      return new BpfLink(rawTracepointOpen(program.fd, target, what), `raw_tracepoint/${target}`);
    case 'tp_btf':
      // The tracepoint was chosen at load, by BTF id.
      return new BpfLink(rawTracepointOpen(program.fd, undefined, what), `tp_btf/${target}`);
    case 'iter':
      return new BpfLink(linkCreate(program.fd, 0, AttachType.TRACE_ITER, what), `iter/${target}`);
    case 'none':
      throw new ArgumentError({
        message: `program ${program.name} is of type ${program.section.programType}, which is run, not attached`,
        remedy: 'Call program.run().',
      });
    default:
      throw new NotSupportedError({
        feature: `attaching ${attachKind} programs`,
        message: `program ${program.name}: attaching programs of kind ${attachKind} is not supported yet`,
        remedy: 'Pin the program, and attach it with bpftool or ip.',
      });
  }
}

/** How much is read from an iterator at once. */
const READ_SIZE = 64 * 1024;

/**
 * Runs an iterator program over all its objects once [`bpf_iter_create`].
 *
 * @param link of a program in a section `iter/…`.
 * @returns everything that it wrote with `bpf_seq_write` or `bpf_seq_printf`.
 * @throws PermissionError, BpfSyscallError; Node's own error where reading fails.
 */
export function readIterator(link: BpfLink): Buffer {
  const fd = iteratorCreate(link.fd, link.target);
  try {
    const chunks: Buffer[] = [];
    for (;;) {
      const chunk = Buffer.allocUnsafe(READ_SIZE);
      const size = readSync(fd, chunk);
      if (size === 0) return Buffer.concat(chunks);
      chunks.push(chunk.subarray(0, size));
    }
  } finally {
    closeSync(fd);
  }
}
