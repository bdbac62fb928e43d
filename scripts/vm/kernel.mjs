// Kernels to test on: the distribution's own, fetched and unpacked without being installed, or images given by path.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const META_PACKAGE = 'linux-image-cloud-amd64';

/**
 * The distribution's cloud kernel, unpacked into a folder and kept there.
 *
 * @returns {{ image: string, modules: string }} paths of the bootable image and of its modules.
 */
export function distributionKernel(cache) {
  const root = join(cache, 'kernel');
  if (!existsSync(join(root, 'boot'))) {
    mkdirSync(root, { recursive: true });
    const depends = execFileSync('apt-cache', ['depends', META_PACKAGE], { encoding: 'utf8' });
    const name = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
    if (name === undefined) throw new Error(`${META_PACKAGE} names no kernel: run apt-get update`);
    execFileSync('apt-get', ['download', '-qq', name], {
      cwd: cache,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const archive = readdirSync(cache).find((file) => file.startsWith(`${name}_`));
    execFileSync('dpkg-deb', ['-x', archive, root], { cwd: cache });
  }
  const image = readdirSync(join(root, 'boot')).find((file) => file.startsWith('vmlinuz-'));
  const release = image.slice('vmlinuz-'.length);
  return { image: join(root, 'boot', image), modules: join(root, 'lib', 'modules', release) };
}
