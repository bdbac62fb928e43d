import assert from 'node:assert/strict';
import test from 'node:test';
import type { KernelRelease } from '../../kernel/index.ts';
import type { Finding } from './finding.ts';
import {
  bpffsFinding,
  btfFinding,
  capabilitiesFinding,
  clangFinding,
  jitFinding,
  kernelFinding,
  lockdownFinding,
  memlockFinding,
  tracefsFinding,
  unprivilegedFinding,
} from './machine.ts';

function kernel(major: number, minor: number): KernelRelease {
  return { major, minor, patch: 0, text: `${major}.${minor}.0` };
}

const limits = (soft: string): string =>
  `Max processes             63000  63000  processes\nMax locked memory         ${soft.padEnd(20)} unlimited  bytes\n`;

/** Each reading and what it must be taken for. */
const CASES: Record<string, [Finding, Finding['verdict'], RegExp]> = {
  'a kernel with ring buffers': [kernelFinding(kernel(5, 8)), 'ok', /^5\.8\.0 on /],
  'a kernel before them': [kernelFinding(kernel(5, 7)), 'warn', /came with 5\.8/],
  BTF: [btfFinding('/btf', 5_500_000), 'ok', /5\.5 MB/],
  'no BTF': [btfFinding('/btf', undefined), 'fail', /no \/btf/],
  root: [capabilitiesFinding(new Set(['CAP_SYS_ADMIN']), true), 'ok', /CAP_SYS_ADMIN/],
  'root of a namespace': [capabilitiesFinding(new Set(['CAP_SYS_ADMIN']), false), 'fail', /namespace/],
  'CAP_BPF alone': [capabilitiesFinding(new Set(['CAP_BPF']), true), 'fail', /^lacks CAP_PERFMON$/],
  'no capability': [capabilitiesFinding(new Set(), true), 'fail', /^lacks CAP_BPF and CAP_PERFMON$/],
  'enough for tracing': [
    capabilitiesFinding(new Set(['CAP_PERFMON', 'CAP_BPF']), true),
    'warn',
    /rings of other processes/,
  ],
  'unprivileged BPF': [unprivilegedFinding('0'), 'warn', /any user/],
  'no unprivileged BPF': [unprivilegedFinding('2'), 'ok', /off \(2\)/],
  'tracefs mounted': [tracefsFinding('/t', true), 'ok', /^\/t$/],
  'tracefs closed': [tracefsFinding('/t', false), 'warn', /may not read/],
  'no tracefs': [tracefsFinding(undefined, false), 'fail', /not mounted/],
  'bpffs mounted': [bpffsFinding('/b'), 'ok', /^\/b$/],
  'no bpffs': [bpffsFinding(undefined), 'fail', /not mounted/],
  'JIT on': [jitFinding('1'), 'ok', /on/],
  'JIT off': [jitFinding('0'), 'warn', /interpreted/],
  'JIT not readable': [jitFinding(undefined), 'warn', /not known/],
  'memlock no more': [memlockFinding(kernel(5, 11), limits('65536')), 'ok', /since 5\.11/],
  'memlock too low': [memlockFinding(kernel(5, 10), limits('65536')), 'fail', /65536 bytes/],
  'memlock unlimited': [memlockFinding(kernel(5, 10), limits('unlimited')), 'ok', /unlimited/],
  'no lockdown': [lockdownFinding('[none] integrity confidentiality', true), 'ok', /^none$/],
  'lockdown of integrity': [lockdownFinding('none [integrity] confidentiality', true), 'warn', /write/],
  'lockdown of all': [
    lockdownFinding('none integrity [confidentiality]', true),
    'fail',
    /read kernel memory/,
  ],
  'lockdown not built in': [lockdownFinding(undefined, true), 'ok', /has none/],
  'lockdown not to be seen': [lockdownFinding(undefined, false), 'warn', /securityfs/],
  clang: [clangFinding({ command: 'clang', version: '14.0.6', major: 14 }), 'ok', /14\.0\.6/],
  'old clang': [clangFinding({ command: 'clang', version: '9.0.1', major: 9 }), 'warn', /too old/],
  'no clang': [clangFinding(undefined), 'warn', /not found/],
};

for (const [reading, [finding, verdict, detail]] of Object.entries(CASES)) {
  test(`${reading}: ${verdict}`, () => {
    assert.equal(finding.verdict, verdict);
    assert.match(finding.detail, detail);
    assert.equal(finding.remedy === undefined, verdict === 'ok', 'a remedy where something is wrong');
  });
}
