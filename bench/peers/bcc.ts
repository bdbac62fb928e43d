import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { release } from 'node:os';
import type { PeerLibrary } from './library.ts';

/** Debian's own Python, whose packages BCC is one of: another one of the PATH would not have it. */
const PYTHON = '/usr/bin/python3';

/** The distribution's BCC, from Python. */
export const BCC: PeerLibrary = {
  name: 'BCC',
  packages: ['python3-bpfcc', 'linux-headers-amd64'],
  version: 'python3-bpfcc',
  slow: true,
  extension: 'py',
  build(source, output) {
    const { error, status } = spawnSync(PYTHON, ['-c', 'import bcc'], { encoding: 'utf8' });
    if (error !== undefined) return { missing: PYTHON };
    if (status !== 0) return { missing: 'BCC' };
    // What compiles a program needs kernel headers.
    if (!source.endsWith('/dialect.py') || existsSync(`/lib/modules/${release()}/build`)) {
      return { command: [PYTHON, source] };
    }
    const [kernel] = readdirSync('/usr/src').filter((name) => /^linux-headers-.*-common$/.test(name));
    if (kernel === undefined) return { missing: 'kernel headers' };
    mergeHeaders(`/usr/src/${kernel.replace(/-common$/, '')}`, output);
    return { command: ['env', `BCC_KERNEL_SOURCE=${output}`, PYTHON, source] };
  },
};

/**
 * Debian's headers are two trees, one for all machines and one for amd64, which BCC takes only from the place of the running
 * kernel. Of another kernel it takes one tree: this makes one, of links.
 */
function mergeHeaders(trees: string, into: string): void {
  for (const folder of ['include', 'arch/x86/include']) {
    mkdirSync(`${into}/${folder}`, { recursive: true });
    for (const tree of [`${trees}-common/${folder}`, `${trees}-amd64/${folder}`]) {
      for (const name of readdirSync(tree)) symlinkSync(`${tree}/${name}`, `${into}/${folder}/${name}`);
    }
  }
}
