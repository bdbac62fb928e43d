// `npm run test:vm`: runs tests on another kernel, in a virtual machine. The distribution's own kernel, and others that are
// given: node scripts/vm/run.mjs [--only FILE …] [IMAGE …]. Results go to test-output/.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT_MARKER, packInitramfs } from './initramfs.mjs';
import { distributionKernel } from './kernel.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** Time until a machine is given up, in milliseconds. */
const LIMIT_MS = 30 * 60_000;

/** How many machines share the tests of a kernel: each does one thing at a time, and has a processor to itself. */
const MACHINES = 2;

/** Modules of the distribution's kernel that tests want, below its module folder, each behind those that it needs. */
const MODULES = [
  'net/sched/sch_ingress.ko',
  'net/sched/cls_bpf.ko',
  'drivers/net/veth.ko',
  'lib/libcrc32c.ko',
  'net/ipv4/netfilter/nf_defrag_ipv4.ko',
  'net/ipv6/netfilter/nf_defrag_ipv6.ko',
  'net/netfilter/nf_conntrack.ko',
];

/** Tests of other tiers that are run there too: what kernels may answer differently. */
const SHARED = {
  parity: ['corpus'],
  kernel: [
    'capabilities',
    'fallbacks',
    'links-cgroup',
    'links-iterators',
    'links-network',
    'links-perf-events',
    'links-sockets',
    'links-tracepoints',
    'links-uprobes',
    'links-usdt',
    'load-options',
    'maps',
    'maps-create',
    'maps-iterate',
    'maps-kinds',
    'maps-others',
    'merge',
    'perf-buffer',
    'programs',
    'ring-consume',
    'ring-group',
    'ring-helpers',
    'ring-iterate',
    'ring-positions',
    'tap',
    'test-run',
    'user-ring',
  ],
};

const images = [];
const only = [];
for (let i = 2; i < process.argv.length; i++) {
  if (process.argv[i] === '--only') only.push(process.argv[++i]);
  else images.push(process.argv[i]);
}

const cache = join(tmpdir(), 'ringtail-vm');
mkdirSync(cache, { recursive: true });
mkdirSync('test-output', { recursive: true });
const own = distributionKernel(cache);
for (const file of readdirSync('test-output').filter((name) => name.startsWith('vm-'))) {
  rmSync(join('test-output', file));
}
const work = mkdtempSync(join(cache, 'run-'));
const tests = only.length > 0 ? only : allTests();
try {
  const initramfs = prepare();
  for (const image of [own.image, ...images]) await runOn(image, initramfs);
} finally {
  rmSync(work, { recursive: true });
}

function prepare() {
  const modules = MODULES.map((module) => join(own.modules, 'kernel', module));
  const built = join(work, 'built');
  mkdirSync(built);
  execFileSync(process.execPath, ['dist/test/vm/support/build.js', built], { stdio: 'inherit' });
  // With tracefs, which has the arguments of tracepoints, for as long as it takes.
  const script = 'mount -t tracefs nodev /sys/kernel/tracing; exec "$@"';
  const compile = [process.execPath, 'scripts/vm/objects.mjs'];
  execFileSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...compile], { stdio: 'inherit' });
  return packInitramfs(work, tests, { modules, config: own.config, built });
}

/** Compiled tests: those shared, and those that only another kernel can do. */
function allTests() {
  const shared = Object.entries(SHARED).flatMap(([tier, names]) =>
    names.map((name) => `dist/test/${tier}/${name}.test.js`),
  );
  const missing = shared.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`no test ${missing.join(', ')}`);
  const files = readdirSync('dist/test/vm').filter((file) => file.endsWith('.test.js'));
  return [...shared, ...files.map((file) => `dist/test/vm/${file}`)];
}

async function runOn(image, initramfs) {
  const name = image.split('/').at(-1);
  const machines = Math.min(MACHINES, tests.length);
  console.log(`\n── ${name}: ${tests.length} files on ${machines} machines`);
  const started = Date.now();
  const codes = await Promise.all(
    Array.from({ length: machines }, (_, share) =>
      boot(image, initramfs, `test-output/vm-${name}-${share}.jsonl`, `${share}/${machines}`),
    ),
  );
  console.log(`vm: exit codes ${codes.join(', ')} after ${Math.round((Date.now() - started) / 1000)} s`);
  if (codes.some((code) => code !== 0)) process.exitCode = 1;
}

/**
 * Boots a kernel, shows its console, keeps the results of its tests, and gives their exit code.
 *
 * @param share which of the tests: those whose number leaves the first rest when divided by the second.
 */
function boot(image, initramfs, results, share) {
  // In emulation, since few machines have KVM to give. Vector instructions newer than what Node needs make it slower.
  const machine = [
    '-accel',
    'tcg',
    '-cpu',
    'Nehalem',
    '-smp',
    '2',
    '-m',
    '2048',
    '-net',
    'none',
    '-no-reboot',
  ];
  const lines = ['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-serial', `file:${results}`];
  // What the kernel does not know becomes a variable of init.
  const append = `console=ttyS0 quiet panic=-1 mitigations=off rcupdate.rcu_expedited=1 lsm=capability,bpf SHARE=${share}`;
  const vm = spawn(
    'qemu-system-x86_64',
    [...machine, ...lines, '-kernel', image, '-initrd', initramfs, '-append', append],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  vm.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    process.stdout.write(text);
  });
  const limit = setTimeout(() => vm.kill('SIGKILL'), LIMIT_MS);
  return new Promise((resolve) => {
    vm.once('close', () => {
      clearTimeout(limit);
      const code = new RegExp(`${EXIT_MARKER} (\\d+)`).exec(output)?.[1];
      resolve(code === undefined ? 'unknown: the machine ended before its tests did' : Number(code));
    });
  });
}
