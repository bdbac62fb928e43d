// Builds after `npm ci` in a clone. Where only the runtime dependencies are installed (`npm ci --omit=dev`)
// there is no compiler, and the published package already carries `dist`.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
if (existsSync(`${root}node_modules/typescript`) && !isBuilt()) {
  const { status } = spawnSync(process.execPath, [`${root}scripts/build.mjs`], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

/** The first `npx ringtail` in a clone runs this script again: what is up to date is left alone then. */
function isBuilt() {
  const built = statSync(`${root}dist/lib/cli.js`, { throwIfNoEntry: false });
  if (built === undefined) return false;
  const sources = ['src', 'test', 'bench'].flatMap((directory) =>
    readdirSync(`${root}${directory}`, { recursive: true }).map((file) => `${directory}/${file}`),
  );
  const inputs = [...sources, 'scripts/build.mjs', 'package.json', 'tsconfig.json'];
  return inputs.every((file) => statSync(`${root}${file}`).mtimeMs <= built.mtimeMs);
}
