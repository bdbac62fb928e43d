import { read, readSync } from 'node:fs';
import { ArgumentError } from '../../errors/index.ts';
import { AttachType } from '../../spec/index.ts';
import { Attr, closeFd, iteratorCreate, LINK_FIELDS } from '../../sys/index.ts';
import { atPath, CGROUP } from './cgroup.ts';
import { type AttachableProgram, checkNumber, createLink } from './create.ts';
import type { BpfLink } from './link.ts';
import type { IteratorTarget } from './targets.ts';

/** `enum bpf_cgroup_iter_order`. */
const ORDERS = {
  self_only: 1,
  descendants_pre: 2,
  descendants_post: 3,
  ancestors_up: 4,
  children: 5,
} as const;

/** Makes an iterator, which {@link readIterator} and {@link streamIterator} run [`bpf_program__attach_iter`]. */
export function attachIterator(program: AttachableProgram, options: IteratorTarget): BpfLink {
  const link = (cgroup?: number): BpfLink => {
    const info = iteratorInfo(options, cgroup);
    return createLink(program, `iter/${program.section.target}`, {
      attachType: AttachType.TRACE_ITER,
      fill: (attr) => {
        if (info !== undefined) attr.pointer(LINK_FIELDS, info).u32(LINK_FIELDS + 8, info.length);
      },
    });
  };
  // The link holds the cgroup, not its directory's fd.
  return options.cgroup === undefined ? link() : atPath(options.cgroup, CGROUP, link);
}

/** `union bpf_iter_link_info`: one of map, cgroup and task. */
function iteratorInfo(options: IteratorTarget, cgroup: number | undefined): Uint8Array | undefined {
  const { map, task, order } = options;
  const given = [map, task, cgroup].filter((value) => value !== undefined).length;
  if (given > 1 || (order !== undefined && cgroup === undefined)) {
    throw new ArgumentError({
      message: 'an iterator goes over one map, one task or one cgroup, and only cgroups have an order',
      remedy: 'Give one of map, task and cgroup.',
    });
  }
  if (map !== undefined) return new Attr(4).u32(0, map.fd).bytes;
  if (cgroup !== undefined) return new Attr(16).u32(0, ORDERS[order ?? 'self_only']).u32(4, cgroup).bytes;
  if (task === undefined) return undefined;
  const info = new Attr(16);
  if ('tid' in task) info.u32(0, checkNumber('tid', task.tid, 1, 0x7fffffff));
  else if ('pid' in task) info.u32(4, checkNumber('pid', task.pid, 1, 0x7fffffff));
  else info.u32(8, checkNumber('pidfd', task.pidfd, 1, 0x7fffffff));
  return info.bytes;
}

/** How much is read from an iterator at once. */
const READ_SIZE = 64 * 1024;

/**
 * Runs an iterator program over all its objects once [`bpf_iter_create`].
 *
 * @param link of a program in a section `iter/…`.
 * @param scratch memory to read into, for who runs it again and again; the result lies in it if it fits.
 * @returns everything that it wrote with `bpf_seq_write` or `bpf_seq_printf`.
 * @throws PermissionError, BpfSyscallError; Node's own error where reading fails.
 */
export function readIterator(link: BpfLink, scratch: Buffer = Buffer.allocUnsafe(READ_SIZE)): Buffer {
  const fd = iteratorCreate(link.fd, link.target);
  try {
    let bytes = scratch;
    for (let used = 0; ; ) {
      if (used === bytes.length) bytes = Buffer.concat([bytes], 2 * used);
      const free = bytes.subarray(used);
      const size = tryRead(fd, free);
      if (size === 0) return bytes.subarray(0, used);
      used += size ?? 0;
    }
  } finally {
    closeFd(fd);
  }
}

/**
 * As {@link readIterator}, but in pieces as the program writes them, and without holding up the event loop. Each loop
 * over it runs the iterator anew; one that is left early lets go of it.
 *
 * @returns pieces of what the program wrote, cut anywhere.
 * @example
 * ```ts
 * for await (const chunk of streamIterator(link)) process.stdout.write(chunk);
 * ```
 */
export function streamIterator(link: BpfLink): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => chunks(link) };
}

async function* chunks(link: BpfLink): AsyncGenerator<Uint8Array, void, undefined> {
  const fd = iteratorCreate(link.fd, link.target);
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(READ_SIZE);
      const size = await readAsync(fd, chunk);
      if (size === 0) return;
      if (size !== undefined) yield chunk.subarray(0, size);
    }
  } finally {
    closeFd(fd);
  }
}

/** @returns bytes that were read, or undefined to go on. */
function readAsync(fd: number, into: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    read(fd, into, 0, into.length, null, (error, size) => {
      if (error === null) resolve(size);
      else if (givesWay(error)) resolve(undefined);
      else reject(error);
    });
  });
}

/** As {@link readAsync}, at once. */
function tryRead(fd: number, into: Buffer): number | undefined {
  try {
    return readSync(fd, into);
  } catch (error) {
    if (givesWay(error as NodeJS.ErrnoException)) return undefined;
    throw error;
  }
}

/**
 * After a million objects without output the kernel gives way, with EAGAIN (`bpf_seq_read`, kernel/bpf/bpf_iter.c):
 * the next read goes on.
 */
function givesWay({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EAGAIN';
}
