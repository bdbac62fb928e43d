// The test line: `npm test` runs all tiers, `npm run test:quick` what needs neither root nor other packages.
// Installs what the tiers need from the distribution where it is missing, builds, checks, then runs each tier.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Package of the distribution by a file that it brings. */
const PACKAGES = {
  clang: '/usr/bin/clang',
  llvm: '/usr/bin/llvm-objcopy',
  gcc: '/usr/bin/gcc',
  'libbpf-dev': '/usr/include/bpf/libbpf.h',
  bpftool: '/usr/sbin/bpftool',
  prometheus: '/usr/bin/prometheus',
  chromium: '/usr/bin/chromium',
  iproute2: '/usr/sbin/ip',
  'golang-go': '/usr/bin/go',
  'golang-github-cilium-ebpf-dev': '/usr/share/gocode/src/github.com/cilium/ebpf/map.go',
};

const TIERS = {
  // Timeouts are for what hangs: a slow machine takes a multiple of what a fast one does.
  unit: { directory: 'dist/src', timeout: 300_000 },
  project: { directory: 'dist/test/project', timeout: 300_000 },
  // One file at a time: they measure, and count what is left behind.
  // The fuzz test takes a minute or two on two free cores, and stops by itself what hangs.
  parity: { directory: 'dist/test/parity', timeout: 900_000, concurrency: 1 },
  kernel: { directory: 'dist/test/kernel', timeout: 600_000, concurrency: 1 },
  browser: { directory: 'dist/test/browser', timeout: 300_000, concurrency: 1 },
};

/** What the virtual machine needs besides. */
const VM_PACKAGES = {
  'qemu-system-x86': '/usr/bin/qemu-system-x86_64',
  'busybox-static': '/usr/bin/busybox',
  cpio: '/usr/bin/cpio',
};

/** Runs compiled tests on another kernel, in a virtual machine. */
const VM = 'vm';

const mode = process.argv[2];
const tiers = { quick: ['unit'], all: ['unit', 'project', 'parity', 'kernel', 'browser', VM] }[mode] ?? [
  mode,
];
if (tiers.some((tier) => tier !== VM && !Object.hasOwn(TIERS, tier))) {
  console.error(`usage: test.mjs quick|all|${[...Object.keys(TIERS), VM].join('|')}`);
  process.exit(2);
}
process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Where each tier leaves a line for each of its tests: what docs/support.md is made of. */
const RESULTS = 'test-output';
mkdirSync(RESULTS, { recursive: true });

const started = Date.now();
if (mode !== 'quick') installPackages();
run('build', process.execPath, ['scripts/build.mjs']);
run('check', 'npm', ['run', '--silent', 'check']);
// All of them, whatever fails: one run tells all that there is to mend.
const failed = tiers.filter((tier) => !(tier === VM ? runVm() : runTier(tier)));
const seconds = Math.round((Date.now() - started) / 1000);
if (failed.length > 0) {
  console.error(`\nfailed, in ${seconds} s: ${failed.join(', ')} (of ${tiers.join(', ')})`);
  process.exit(1);
}
console.log(`\nall of it passed in ${seconds} s: ${tiers.join(', ')}`);

function runVm() {
  return succeeds('vm: another kernel', process.execPath, ['scripts/vm/run.mjs', ...process.argv.slice(3)]);
}

function runTier(tier) {
  const { directory, timeout, concurrency } = TIERS[tier];
  const files = readdirSync(directory, { recursive: true })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => `${directory}/${file}`)
    .sort();
  if (files.length === 0) {
    console.error(`${tier}: no test file in ${directory}`);
    process.exit(1);
  }
  const options = ['--test', '--enable-source-maps', `--test-timeout=${timeout}`];
  options.push('--test-reporter=spec', '--test-reporter-destination=stdout');
  options.push(
    '--test-reporter=./scripts/results.mjs',
    `--test-reporter-destination=${RESULTS}/${tier}.jsonl`,
  );
  if (concurrency !== undefined) options.push(`--test-concurrency=${concurrency}`);
  return succeeds(`${tier}: ${files.length} files`, process.execPath, [...options, ...files]);
}

/** Only as root: without it the tiers that need these packages say what they miss. */
function installPackages() {
  const wanted = tiers.includes(VM) ? { ...PACKAGES, ...VM_PACKAGES } : PACKAGES;
  const missing = Object.entries(wanted)
    .filter(([, file]) => !existsSync(file))
    .map(([name]) => name);
  if (missing.length === 0) return;
  if (process.getuid() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.error(`missing: ${missing.join(' ')}; install them, or run as root on Debian`);
    process.exit(1);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('package lists', 'apt-get', ['update', '-qq'], env);
  run(
    `install ${missing.join(' ')}`,
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...missing],
    env,
  );
}

/** Runs what all the rest needs. */
function run(...step) {
  if (!succeeds(...step)) process.exit(1);
}

function succeeds(what, command, args, env = process.env) {
  console.log(`\n── ${what}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env });
  if (status !== 0) console.error(`failed: ${what}${error ? `: ${error.message}` : ''}`);
  return status === 0;
}
