// `npm run test:vm`: runs kernel tests on another kernel, in a virtual machine. The distribution's own kernel unless others are
// given: node scripts/vm/run.mjs [--only FILE …] [IMAGE …]
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT_MARKER, packInitramfs } from './initramfs.mjs';
import { distributionKernel } from './kernel.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** Time until a machine is given up, in milliseconds. */
const LIMIT_MS = 15 * 60_000;

/** Modules of the distribution's kernel that tests want, below its module folder. */
const MODULES = [];

/** Tests of the kernel tier that are run there too: what kernels may answer differently. */
const SHARED = ['maps', 'programs', 'ring-consume', 'ring-helpers', 'ring-iterate', 'ring-positions'];

const images = [];
const only = [];
for (let i = 2; i < process.argv.length; i++) {
  if (process.argv[i] === '--only') only.push(process.argv[++i]);
  else images.push(process.argv[i]);
}

const tests =
  only.length > 0 ? only : [...SHARED.map((name) => `dist/test/kernel/${name}.test.js`), ...ownTests()];
const cache = join(tmpdir(), 'ringtail-vm');
mkdirSync(cache, { recursive: true });
const own = distributionKernel(cache);
const modules = MODULES.map((module) => join(own.modules, 'kernel', module)).filter((path) =>
  existsSync(path),
);
// With tracefs, which has the arguments of tracepoints, for as long as it takes.
const script = 'mount -t tracefs nodev /sys/kernel/tracing; exec "$@"';
const compile = [process.execPath, 'scripts/vm/objects.mjs'];
execFileSync('unshare', ['--mount', 'sh', '-c', script, 'sh', ...compile], { stdio: 'inherit' });
const initramfs = packInitramfs(cache, tests, modules);

for (const image of [own.image, ...images]) {
  console.log(`\n── ${image.split('/').at(-1)}`);
  const started = Date.now();
  const status = await boot(image);
  console.log(`vm: exit code ${status} after ${Math.round((Date.now() - started) / 1000)} s`);
  if (status !== 0) process.exitCode = 1;
}

/** Tests of what only the other kernel can do. */
function ownTests() {
  if (!existsSync('dist/test/vm')) return [];
  const files = readdirSync('dist/test/vm').filter((file) => file.endsWith('.test.js'));
  return files.map((file) => `dist/test/vm/${file}`);
}

/** Boots a kernel, shows its console, and gives the exit code of the tests. */
function boot(image) {
  const args = [
    '-accel',
    'tcg',
    '-cpu',
    'max',
    '-smp',
    '2',
    '-m',
    '3072',
    '-nographic',
    '-no-reboot',
    '-net',
    'none',
  ];
  const append = 'console=ttyS0 quiet panic=-1 lsm=capability,bpf';
  const vm = spawn(
    'qemu-system-x86_64',
    [...args, '-kernel', image, '-initrd', initramfs, '-append', append],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
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
