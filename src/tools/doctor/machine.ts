/** What each reading of the machine means. Pure: the readings are taken in look.ts. */
import { type Clang, OLDEST_CLANG } from '../../clang/index.ts';
import { isAtLeast, type KernelRelease, MOUNT_TRACEFS } from '../../kernel/index.ts';
import { type Capability, sudoLine } from '../../sys/index.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** A command for the shell, as this user has to type it. */
function asRoot(command: string): string {
  return process.getuid?.() === 0 ? command : `sudo ${command}`;
}

export function kernelFinding(kernel: KernelRelease): Finding {
  const detail = `${kernel.text} on ${process.arch}`;
  if (isAtLeast(kernel, 5, 8)) return ok('kernel', detail);
  return warn('kernel', `${detail}: the ring buffer came with 5.8`, 'Run Linux 5.8 or later.');
}

/** @param size of the kernel's BTF in bytes. */
export function btfFinding(path: string, size: number | undefined): Finding {
  if (size !== undefined) return ok('BTF', `${path}, ${(size / 1e6).toFixed(1)} MB`);
  return fail('BTF', `there is no ${path}`, 'Run a kernel built with CONFIG_DEBUG_INFO_BTF=y.');
}

export function capabilitiesFinding(held: ReadonlySet<Capability>, initialNamespace: boolean): Finding {
  const topic = 'capabilities';
  if (!initialNamespace) {
    const remedy = 'Run as root of the machine, outside of the user namespace.';
    return fail(topic, 'those of a user namespace, which do not count for BPF', remedy);
  }
  if (held.has('CAP_SYS_ADMIN')) return ok(topic, [...held].join(', '));
  const missing = (['CAP_BPF', 'CAP_PERFMON'] as const).filter((name) => !held.has(name));
  if (missing.length > 0) return fail(topic, `lacks ${missing.join(' and ')}`, sudoLine());
  return warn(topic, `${[...held].join(', ')}: not enough for rings of other processes`, sudoLine());
}

/** @param setting text of `/proc/sys/kernel/unprivileged_bpf_disabled`. */
export function unprivilegedFinding(setting: string | undefined): Finding {
  const topic = 'unprivileged BPF';
  if (setting === undefined) return ok(topic, 'this kernel has no switch for it');
  if (setting !== '0') return ok(topic, `off (${setting}), so that only privileged users load programs`);
  return warn(
    topic,
    'on: any user may load socket filters, a way to attack the processor (Spectre)',
    asRoot('sysctl -w kernel.unprivileged_bpf_disabled=2'),
  );
}

export function tracefsFinding(path: string | undefined, readable: boolean): Finding {
  const topic = 'tracefs';
  if (path === undefined)
    return fail(topic, 'not mounted: tracepoints of perf are found through it', asRoot(MOUNT_TRACEFS));
  if (readable) return ok(topic, path);
  return warn(topic, `${path}, which this user may not read`, sudoLine());
}

export function bpffsFinding(path: string | undefined): Finding {
  if (path !== undefined) return ok('bpffs', path);
  return fail('bpffs', 'not mounted: nothing can be pinned', asRoot('mount -t bpf bpf /sys/fs/bpf'));
}

/** @param setting text of `/proc/sys/net/core/bpf_jit_enable`, which root alone can read. */
export function jitFinding(setting: string | undefined): Finding {
  if (setting === undefined) return warn('JIT', 'not known: the setting cannot be read', sudoLine());
  if (setting !== '0') return ok('JIT', `on (${setting})`);
  const remedy = asRoot('sysctl -w net.core.bpf_jit_enable=1');
  return warn('JIT', 'off: programs are interpreted, several times slower', remedy);
}

/** What old kernels charge to it: an execsnoop needs about half of this. */
const ENOUGH_MEMLOCK = 1024 * 1024;

/** @param limits text of `/proc/self/limits`. */
export function memlockFinding(kernel: KernelRelease, limits: string): Finding {
  const soft = /^Max locked memory\s+(\S+)/m.exec(limits)?.[1] ?? 'unlimited';
  if (isAtLeast(kernel, 5, 11))
    return ok('memlock', 'not limited: since 5.11 maps count as memory of the cgroup');
  if (soft === 'unlimited' || Number(soft) >= ENOUGH_MEMLOCK) return ok('memlock', soft);
  return fail('memlock', `${soft} bytes, and maps count against it before Linux 5.11`, 'ulimit -l unlimited');
}

/**
 * @param state text of `/sys/kernel/security/lockdown`, such as `[none] integrity confidentiality`.
 * @param mounted whether securityfs, which the file is in, is mounted.
 */
export function lockdownFinding(state: string | undefined, mounted: boolean): Finding {
  const topic = 'lockdown';
  if (state === undefined) {
    if (mounted) return ok(topic, 'this kernel has none');
    const remedy = asRoot('mount -t securityfs securityfs /sys/kernel/security');
    return warn(topic, 'not known: securityfs is not mounted', remedy);
  }
  const mode = /\[(\w+)\]/.exec(state)?.[1] ?? state;
  const remedy = 'Boot without lockdown= on the command line, or with Secure Boot off.';
  if (mode === 'confidentiality') return fail(topic, `${mode}: programs may not read kernel memory`, remedy);
  if (mode === 'integrity') return warn(topic, `${mode}: programs may not write to user memory`, remedy);
  return ok(topic, mode);
}

export function clangFinding(clang: Clang | undefined): Finding {
  const remedy = `Install clang ${OLDEST_CLANG} or later (Debian: apt install clang), or name it in RINGTAIL_CLANG.`;
  if (clang === undefined) return warn('clang', 'not found; only programs in C need it', remedy);
  if (clang.major >= OLDEST_CLANG) return ok('clang', `${clang.version} (${clang.command})`);
  return warn('clang', `${clang.version} (${clang.command}) is too old for programs in C`, remedy);
}
