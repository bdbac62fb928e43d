// Kernels to test on: the distribution's own, fetched and unpacked without being installed, or images given by path.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const META_PACKAGE = 'linux-image-cloud-amd64';

/**
 * The distribution's cloud kernel, unpacked into a folder and kept there.
 *
 * @returns {{ image: string, modules: string, config: string }} paths of the bootable image, its modules, its options.
 */
export function distributionKernel(cache) {
  const root = join(cache, 'kernel');
  if (!existsSync(root)) {
    if (currentName() === undefined) updateLists();
    const name = currentName();
    if (name === undefined) throw new Error(`${META_PACKAGE} names no kernel: is this Debian?`);
    console.log(`vm: fetching ${name}, once`);
    const unpacked = mkdtempSync(join(cache, 'unpack-'));
    try {
      download(name, unpacked);
    } catch {
      // Lists may name a version that the distribution has replaced since.
      updateLists();
      download(currentName(), unpacked);
    }
    const archive = readdirSync(unpacked).find((file) => file.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', archive, 'kernel'], { cwd: unpacked });
    // At once, so that a kernel that is there is whole.
    renameSync(join(unpacked, 'kernel'), root);
    rmSync(unpacked, { recursive: true });
  }
  const image = readdirSync(join(root, 'boot')).find((file) => file.startsWith('vmlinuz-'));
  const release = image.slice('vmlinuz-'.length);
  return {
    image: join(root, 'boot', image),
    modules: join(root, 'lib', 'modules', release),
    config: join(root, 'boot', `config-${release}`),
  };
}

/** Name of the package that the meta package stands for now; undefined where apt has no lists. */
function currentName() {
  const { stdout } = spawnSync('apt-cache', ['depends', META_PACKAGE], { encoding: 'utf8' });
  return /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
}

function download(name, cwd) {
  execFileSync('apt-get', ['download', '-qq', name], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
}

function updateLists() {
  execFileSync('apt-get', ['update', '-qq'], { stdio: ['ignore', 'inherit', 'inherit'] });
}
