import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { release, version } from 'node:os';
import { join } from 'node:path';
import { Btf } from '../btf/index.ts';
import { NotSupportedError } from '../errors/index.ts';
import { parseCpus } from '../sys/index.ts';

const BTF_FOLDER = '/sys/kernel/btf';
const VMLINUX = `${BTF_FOLDER}/vmlinux`;

let kept: WeakRef<Btf> | undefined;

/**
 * The running kernel's own BTF, read at the first call, and again only where nobody has used it for so long that its 8 MB were
 * collected: programs that run for days need it at their start.
 *
 * @throws NotSupportedError where the kernel was built without `CONFIG_DEBUG_INFO_BTF`.
 */
export function vmlinuxBtf(): Btf {
  const known = kept?.deref();
  if (known !== undefined) return known;
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(VMLINUX);
  } catch (cause) {
    throw new NotSupportedError({
      feature: 'kernel BTF',
      message: `this kernel shows no BTF at ${VMLINUX}`,
      remedy: 'Run a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of current distributions are.',
      cause,
    });
  }
  const btf = Btf.parse(bytes, { name: 'vmlinux' });
  kept = new WeakRef(btf);
  return btf;
}

/**
 * BTF of the kernel's modules, which come and go: read anew each time.
 *
 * @param folder with a file for each module, named after it.
 */
export function moduleBtf(vmlinux: Btf, folder: string = BTF_FOLDER): Btf[] {
  return readdirSync(folder)
    .filter((name) => name !== 'vmlinux')
    .flatMap((name) => {
      let bytes: Uint8Array;
      try {
        bytes = readFileSync(join(folder, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []; // unloaded just now
        throw error;
      }
      return [Btf.parse(bytes, { name, base: vmlinux })];
    });
}

/** A kernel release as numbers. */
export interface KernelRelease {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  /** As `uname -r` prints it. */
  readonly text: string;
}

/** The running kernel's release. */
export function kernelRelease(): KernelRelease {
  return parseRelease(release());
}

/** The running kernel's version as `KERNEL_VERSION` packs it (`LINUX_VERSION_CODE`). */
export function kernelVersionCode(): number {
  const signature = existsSync(UBUNTU_VERSION) ? readFileSync(UBUNTU_VERSION, 'utf8') : '';
  const { major, minor, patch } = exactRelease(release(), version(), signature);
  return (major << 16) | (minor << 8) | Math.min(patch, 255);
}

const UBUNTU_VERSION = '/proc/version_signature';

/**
 * The version of a kernel of Debian or Ubuntu, whose release (`6.1.0-13-amd64`) has only the first two numbers of it
 * [`get_kernel_version`].
 *
 * @param version as `uname -v` prints it: `#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)`.
 * @param signature of Ubuntu: `Ubuntu 5.15.0-89.99-generic 5.15.126`.
 */
export function exactRelease(release: string, version: string, signature: string): KernelRelease {
  const [, ubuntu] = /^\S+ \S+ (\d+\.\d+\.\d+)/.exec(signature) ?? [];
  const [, debian] = /\bDebian (\d+\.\d+\.\d+)/.exec(version) ?? [];
  return parseRelease(ubuntu ?? debian ?? release);
}

/** Reads the numbers that a release such as `6.1.0-13-cloud-amd64` begins with. */
export function parseRelease(text: string): KernelRelease {
  const [, major, minor, patch] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text) ?? [];
  return { major: Number(major ?? 0), minor: Number(minor ?? 0), patch: Number(patch ?? 0), text };
}

/** Whether a release is `major.minor` or later. */
export function isAtLeast(kernel: KernelRelease, major: number, minor: number): boolean {
  return kernel.major > major || (kernel.major === major && kernel.minor >= minor);
}

/**
 * Says in words what an older kernel would say as EINVAL.
 *
 * @throws NotSupportedError on a kernel before `major.minor`.
 */
export function requireKernel(feature: string, major: number, minor: number, kernel: KernelRelease): void {
  if (isAtLeast(kernel, major, minor)) return;
  throw new NotSupportedError({
    feature,
    since: `${major}.${minor}`,
    message: `this kernel (${kernel.text}) has no ${feature}`,
    remedy: `Run a kernel of ${major}.${minor} or later; see \`ringtail doctor\`.`,
  });
}

let cpus: number | undefined;

/** Number of CPUs that may ever be there: the number of values that a per-CPU map holds for each key. */
export function possibleCpus(): number {
  cpus ??= parseCpuList(readFileSync('/sys/devices/system/cpu/possible', 'utf8'));
  return cpus;
}

/** Counts a list such as `0-3,8`. Per-CPU values are laid out by CPU number, so gaps count too. */
export function parseCpuList(text: string): number {
  return Math.max(...parseCpus(text)) + 1;
}
