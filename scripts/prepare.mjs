// Builds after `npm ci` in a clone. Where only the runtime dependencies are installed (`npm ci --omit=dev`)
// there is no compiler, and the published package already carries `dist`.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (existsSync(`${root}node_modules/typescript`)) {
  const { status } = spawnSync(process.execPath, [`${root}scripts/build.mjs`], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}
