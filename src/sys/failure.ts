import { BpfSyscallError, PermissionError } from '../errors/index.ts';
import { type Capability, effectiveCapabilities, inInitialUserNamespace } from './capabilities.ts';
import { errno, errnoName } from './errno.ts';

/** What is known about a call when it fails. */
export interface Failure {
  /** Command or function, such as `BPF_MAP_CREATE`. */
  readonly command: string;
  /** The object it was about, in words: `map events`. */
  readonly what: string;
  /** Positive errno. */
  readonly errno: number;
  /** What to do, where the caller knows better than this table. */
  readonly remedy?: string | undefined;
  /** Capabilities of which one is needed; each entry is an alternative, `A + B` means both. */
  readonly needs?: readonly string[];
}

/** What loading and attaching tracing programs asks for; each entry is an alternative. */
export const TRACING_CAPABILITIES: readonly string[] = ['CAP_BPF + CAP_PERFMON', 'CAP_SYS_ADMIN'];

const REMEDIES: Record<string, string> = {
  E2BIG: 'This kernel is too old for an option used here, or the program or log buffer is too large.',
  EBUSY: 'Another program holds this place; detach it or choose another.',
  EEXIST: 'It exists already; remove it or choose another name.',
  EINVAL:
    'This kernel does not know the type or an option, or an argument is out of range; see `ringtail doctor`.',
  EMFILE: 'Raise the limit of open files (`ulimit -n`), or close what is not needed.',
  ENOENT: 'No such object, or it has gone away.',
  ENOMEM: 'Free memory, or raise the memory limit of this cgroup; use smaller maps.',
  ENOSPC: 'The map or log is full; raise max_entries.',
  ENOTDIR: 'A part of the path is no directory.',
  ENOTSUPP: 'This kernel does not support the operation for this type; see `ringtail doctor`.',
};

/** Makes the typed error for a refused call. EPERM and EACCES become a PermissionError with the likely cause. */
export function failure(f: Failure): BpfSyscallError | PermissionError {
  const name = errnoName(f.errno);
  const message = `${f.command} failed on ${f.what}: ${name}`;
  if (f.errno === errno.EPERM || f.errno === errno.EACCES) {
    const cause = permissionCause(f.needs ?? ['CAP_BPF', 'CAP_SYS_ADMIN']);
    return new PermissionError({
      command: f.command,
      errno: name,
      message: `${message} (${cause.likely})`,
      likely: cause.likely,
      remedy: f.remedy ?? cause.remedy,
    });
  }
  const remedy = f.remedy ?? REMEDIES[name] ?? 'Run `ringtail doctor` to see what this kernel allows.';
  return new BpfSyscallError({ command: f.command, errno: name, message, remedy });
}

function permissionCause(needs: readonly string[]): { likely: string; remedy: string } {
  const have = effectiveCapabilities();
  const held = needs.find((need) => need.split(' + ').every((c) => have.has(c as Capability)));
  if (held === undefined) {
    return { likely: `this process lacks ${needs.join(' or ')}`, remedy: sudoLine() };
  }
  if (!inInitialUserNamespace()) {
    return {
      likely: 'its capabilities are those of a user namespace, which do not count for BPF',
      remedy: 'Run as root of the machine, outside of the user namespace (rootless container, unshare -U).',
    };
  }
  if (!have.has('CAP_SYS_ADMIN')) {
    const likely = `more than ${held} is needed, or a policy of this kernel refuses it`;
    return { likely, remedy: sudoLine() };
  }
  return {
    likely:
      'all capabilities are held: a policy of this kernel, such as lockdown, an LSM or seccomp, refuses it',
    remedy: 'Use another way to attach, one that `ringtail doctor` marks as allowed.',
  };
}

/** The command line of this process with `sudo` and this Node's own path in front. */
export function sudoLine(): string {
  const [script, ...rest] = process.argv.slice(1);
  const words = [process.execPath, ...(script === undefined ? [] : [script]), ...rest];
  return `Run as root: sudo ${words.map(quote).join(' ')}`;
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
