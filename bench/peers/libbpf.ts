import { spawnSync } from 'node:child_process';
import type { PeerLibrary } from './library.ts';

/** The distribution's libbpf, from C. */
export const LIBBPF: PeerLibrary = {
  name: 'libbpf',
  packages: ['gcc', 'libbpf-dev'],
  version: 'libbpf-dev',
  slow: false,
  extension: 'c',
  build(source, output) {
    const { error, status, stderr } = spawnSync('gcc', ['-O2', '-Wall', '-o', output, source, '-lbpf'], {
      encoding: 'utf8',
    });
    if (status === 0) return { command: [output] };
    const missing = error !== undefined ? 'gcc' : /bpf\/\w+\.h|-lbpf/.exec(stderr)?.[0];
    if (missing === undefined) throw new Error(`gcc does not take ${source}:\n${stderr}`);
    return { missing };
  },
};
