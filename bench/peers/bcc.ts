import { spawnSync } from 'node:child_process';
import type { PeerLibrary } from './library.ts';

/** Debian's own Python, whose packages BCC is one of: another one of the PATH would not have it. */
const PYTHON = '/usr/bin/python3';

/** The distribution's BCC, from Python. */
export const BCC: PeerLibrary = {
  name: 'BCC',
  packages: ['python3-bpfcc'],
  slow: true,
  extension: 'py',
  build(source) {
    const { error, status } = spawnSync(PYTHON, ['-c', 'import bcc'], { encoding: 'utf8' });
    if (error !== undefined) return { missing: PYTHON };
    return status === 0 ? { command: [PYTHON, source] } : { missing: 'BCC' };
  },
};
