import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { PeerLibrary } from './library.ts';

/** The distribution's cilium/ebpf, from Go: its packages are sources below one GOPATH, nothing is downloaded. */
export const CILIUM: PeerLibrary = {
  name: 'cilium/ebpf',
  packages: ['golang-go', 'golang-github-cilium-ebpf-dev'],
  version: 'golang-github-cilium-ebpf-dev',
  slow: false,
  extension: 'go',
  build(source, output) {
    const env = {
      ...process.env,
      GOPATH: '/usr/share/gocode',
      GO111MODULE: 'off',
      GOFLAGS: '',
      CGO_ENABLED: '0',
    };
    const sources = [source, join(dirname(source), 'process.go')];
    const { error, status, stderr } = spawnSync('go', ['build', '-o', output, ...sources], {
      encoding: 'utf8',
      env,
    });
    if (status === 0) return { command: [output] };
    const missing = error !== undefined ? 'go' : /cannot find package "([^"]+)"/.exec(stderr)?.[1];
    if (missing === undefined) throw new Error(`go does not take ${source}:\n${stderr}`);
    return { missing };
  },
};
