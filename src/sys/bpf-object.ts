import { existsSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ArgumentError, PermissionError } from '../errors/index.ts';
import { Attr } from './attr.ts';
import { bpf, tryBpf } from './call.ts';
import { errno } from './errno.ts';
import { failure, sudoLine } from './failure.ts';

const BY_ID = { needs: ['CAP_SYS_ADMIN'] };

/** `statfs.f_type` of a bpffs. */
const BPF_FS_MAGIC = 0xcafe4a11;

/**
 * Checks that a path is on a bpffs, or would be once the directories above it are made.
 *
 * @throws ArgumentError where it is on another file system; the kernel says EPERM to that, as it does to a lack of rights.
 */
export function requireBpffs(path: string, what: string): void {
  let directory = dirname(path);
  while (!existsSync(directory) && directory !== dirname(directory)) directory = dirname(directory);
  if (existsSync(directory) && statfsSync(directory).type === BPF_FS_MAGIC) return;
  throw new ArgumentError({
    message: `${what} cannot be pinned at ${path}: ${directory} is not on a bpffs`,
    remedy: 'Mount one and pin below it: mount -t bpf bpf /sys/fs/bpf',
  });
}

/**
 * `BPF_OBJ_PIN`: keeps a map, program or link alive under a path of a bpffs.
 *
 * @throws ArgumentError where the directory is on another file system; BpfSyscallError, PermissionError.
 */
export function objectPin(fd: number, path: string, what: string): void {
  requireBpffs(path, what);
  bpf('OBJ_PIN', new Attr(16).string(0, path).u32(8, fd), `${what} at ${path}`, {
    remedy: 'The directory must exist on a bpffs: mount -t bpf bpf /sys/fs/bpf',
  });
}

/**
 * `BPF_OBJ_GET`: opens what is pinned at `path`; `flags` may be MapFlags.RDONLY.
 *
 * @returns an fd.
 * @throws ArgumentError for a directory, or a file elsewhere than on a bpffs; PermissionError by the mode of the file or a
 *   directory above it (EACCES), which is no matter of BPF's capabilities, or for lack of these (EPERM); BpfSyscallError.
 */
export function objectGet(path: string, flags = 0): number {
  const result = tryBpf('OBJ_GET', new Attr(16).string(0, path).u32(12, flags));
  if (result >= 0) return result;
  const details = { command: 'BPF_OBJ_GET', what: `pin ${path}` };
  if (result !== -errno.EACCES) throw failure({ ...details, errno: -result });
  const wrong = existsSync(path) ? notAPin(path) : undefined;
  if (wrong !== undefined) {
    throw new ArgumentError({
      message: `${path} is no pin: it is ${wrong}`,
      remedy: 'Name a file on a bpffs, such as those below /sys/fs/bpf.',
    });
  }
  const likely = `this user may not ${flags === 0 ? 'read and write' : 'read'} it, or not enter its directory`;
  throw new PermissionError({
    command: details.command,
    errno: 'EACCES',
    message: `${details.command} failed on ${details.what}: EACCES (${likely})`,
    likely,
    remedy: `Change its owner or mode (chown, chmod, on the pin and on the directories above it). ${sudoLine()}`,
  });
}

/** What it is instead: the kernel says EACCES to that, too. */
function notAPin(path: string): string | undefined {
  if (statfsSync(path).type !== BPF_FS_MAGIC) return 'not on a bpffs';
  return statSync(path).isDirectory() ? 'a directory' : undefined;
}

/** Kinds of objects that the kernel numbers. */
export type IdKind = 'MAP' | 'PROG' | 'LINK' | 'BTF';

/** Opens an object of any process by its id. @returns an fd. */
export function openById(kind: IdKind, id: number, flags = 0): number {
  return bpf(`${kind}_GET_FD_BY_ID`, new Attr(12).u32(0, id).u32(8, flags), `${kind} id ${id}`, BY_ID);
}

/** All ids of a kind that exist now, ascending. */
export function* objectIds(kind: IdKind): Generator<number> {
  for (let id = 0; ; ) {
    const attr = new Attr(12).u32(0, id);
    const result = tryBpf(`${kind}_GET_NEXT_ID`, attr);
    if (result === -errno.ENOENT) return;
    if (result < 0)
      throw failure({ command: `BPF_${kind}_GET_NEXT_ID`, what: 'the machine', errno: -result, ...BY_ID });
    id = attr.readU32(4);
    yield id;
  }
}
