// An initramfs with busybox, Node, the build, and what its tests call.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Programs that are copied with the libraries they need; busybox stands in for the rest of a system. */
const PROGRAMS = [
  process.execPath,
  '/usr/sbin/bpftool',
  '/usr/bin/setpriv',
  '/usr/bin/script',
  '/usr/bin/taskset',
  '/usr/bin/unshare',
  '/usr/bin/mount',
  '/usr/bin/umount',
  '/usr/sbin/ip',
  '/sbin/tc',
];

/** Parts of the project that run there. */
const PARTS = [
  'bin',
  'dist',
  'include',
  'package.json',
  'README.md',
  'docs/operations.md',
  'scripts/results.mjs',
  'test/corpus',
  'node_modules/koffi',
  'node_modules/@koromix',
  'node_modules/commander',
  'node_modules/prom-client',
];

const FOLDERS = [
  'usr/bin',
  'usr/sbin',
  'usr/lib',
  'usr/lib64',
  'proc',
  'sys',
  'dev',
  'tmp',
  'root',
  'etc',
  'ringtail',
  'modules',
  'boot',
];

/** What says where libraries are. */
const LINKER_FILES = ['/etc/ld.so.conf', '/etc/ld.so.conf.d'];

/** Last line on the console; the exit code of the tests follows. */
export const EXIT_MARKER = 'ringtail-vm: exit code';

/** Where the initramfs has what was compiled for its tests. */
const BUILT = '/built';

const INIT = `#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm && mount -t devpts devpts /dev/pts && mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs /tmp
mkdir -p /sys/fs/cgroup/unified 2>/dev/null; mount -t cgroup2 none /sys/fs/cgroup
mount -t tracefs nodev /sys/kernel/tracing
mount -t bpf bpf /sys/fs/bpf
mkdir -p /run /var && ln -s /run /var/run
ip link set lo up
for module in /modules/*.ko; do [ -e "$module" ] && insmod "$module"; done
cd /ringtail
export PATH=/usr/sbin:/usr/bin HOME=/root CI=true RINGTAIL_EMULATED=1 RINGTAIL_BUILT=${BUILT}
uname -r
stty -F /dev/ttyS1 raw
node --test --test-concurrency=1 --test-timeout=900000 --enable-source-maps \
  --test-reporter=spec --test-reporter-destination=stdout \
  --test-reporter=./scripts/results.mjs --test-reporter-destination=/dev/ttyS1 \\
  $(awk -v share="$SHARE" 'BEGIN { split(share, s, "/") } NR % s[2] == s[1]' /tests)
status=$?
echo "${EXIT_MARKER} $status"
sync
poweroff -f
`;

/**
 * Packs an initramfs.
 *
 * @param {string} work folder for the tree and the result.
 * @param {string[]} tests compiled test files, relative to the project.
 * @param {object} files
 * @param {string[]} files.modules kernel modules to insert, in order.
 * @param {string} files.config the kernel's options: libbpf looks for them in /boot.
 * @param {string} files.built folder with what was compiled for the tests.
 * @returns {string} path of the packed image.
 */
export function packInitramfs(work, tests, { modules, config, built }) {
  const root = mkdtempSync(join(work, 'root-'));
  chmodSync(root, 0o755);
  const image = join(work, 'initramfs');
  try {
    for (const name of FOLDERS) mkdirSync(join(root, name), { recursive: true });
    for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
    for (const program of PROGRAMS) if (existsSync(program)) copyProgram(root, program);
    for (const file of LINKER_FILES) cpSync(file, join(root, file), { recursive: true });
    copyBusybox(root);
    if (!existsSync(join(root, 'usr/bin/node'))) symlinkSync(process.execPath, join(root, 'usr/bin/node'));
    for (const part of PARTS)
      cpSync(part, join(root, 'ringtail', part), { recursive: true, dereference: true });
    cpSync(config, join(root, 'boot', basename(config)));
    cpSync(built, join(root, BUILT), { recursive: true });
    modules.forEach((module, i) => {
      cpSync(module, join(root, 'modules', `${i}-${module.split('/').at(-1)}`));
    });
    writeFileSync(
      join(root, 'etc/passwd'),
      'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n',
    );
    writeFileSync(join(root, 'tests'), tests.map((test) => `${test}\n`).join(''));
    writeFileSync(join(root, 'init'), INIT);
    chmodSync(join(root, 'init'), 0o755);
    const pack = spawnSync('sh', ['-c', `find . | cpio -o -H newc --quiet > ${image}`], {
      cwd: root,
      stdio: 'inherit',
    });
    if (pack.status !== 0) throw new Error('packing the initramfs failed');
    return image;
  } finally {
    rmSync(root, { recursive: true });
  }
}

function copyProgram(root, program) {
  const libraries = execFileSync('ldd', [program], { encoding: 'utf8' }).matchAll(/(\/\S+\.so\S*)/g);
  for (const path of new Set([program, ...[...libraries].map((match) => match[1])])) {
    const target = join(root, path);
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    cpSync(realpathSync(path), target);
  }
}

/** Busybox under each of its names that no other program has. */
function copyBusybox(root) {
  const bin = join(root, 'usr/bin');
  cpSync('/usr/bin/busybox', join(bin, 'busybox'), { dereference: true });
  const applets = execFileSync('/usr/bin/busybox', ['--list'], { encoding: 'utf8' }).trim().split('\n');
  for (const applet of applets) {
    if (!existsSync(join(bin, applet))) symlinkSync('busybox', join(bin, applet));
  }
}
