// `npm run docs:pictures`: makes the pictures of the README anew, as root, from the commands at work. They show the rings of
// the whole machine: look at them before you commit them.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
for (const args of [
  ['scripts/build.mjs'],
  ['--test', '--enable-source-maps', '--test-timeout=120000', 'dist/test/browser/pictures.test.js'],
]) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
cpSync('test-output/pictures', 'docs/images', { recursive: true });
console.log(`docs/images: ${readdirSync('docs/images').join(' ')}`);
