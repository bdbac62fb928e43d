// Compiles to dist/src (declarations, and modules for the tests), then bundles what users run into dist/lib: some 150
// modules would cost as many file reads at each start.
import { spawnSync } from 'node:child_process';
import fs, { copyFileSync, cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * For the library, `import … from 'node:fs'` becomes `process.getBuiltinModule('node:fs')`. Node makes a module of it for an
 * import, reading each property, of which some load streams: with them, importing the library takes a sixth longer.
 */
const LAZY_FS = {
  name: 'lazy-fs',
  setup(build) {
    const properties = Object.entries(Object.getOwnPropertyDescriptors(fs));
    const names = properties.filter(([, { value }]) => value !== undefined).map(([name]) => name);
    const contents = `export const { ${names.join(', ')} } = process.getBuiltinModule('node:fs');`;
    build.onResolve({ filter: /^node:fs$/ }, ({ path }) => ({ path, namespace: 'lazy', sideEffects: false }));
    build.onLoad({ filter: /.*/, namespace: 'lazy' }, () => ({ contents }));
  },
};

const root = fileURLToPath(new URL('..', import.meta.url));
// Deleted first: a test file that no longer exists could run from a stale build.
rmSync(`${root}dist`, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;

if (status === 0) {
  // A bundle is cut into files by who needs what, and each file that is read costs: what no other program imports together
  // with the library has a bundle of its own.
  const bundle = (entryPoints, plugins = []) =>
    build({
      absWorkingDir: root,
      entryPoints,
      outdir: 'dist/lib',
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      // White space is a tenth of what V8 takes to read it. Lines are cut, as Node shows the one that an error comes from.
      minifyWhitespace: true,
      lineLimit: 160,
      sourcemap: true,
      sourcesContent: false,
      logLevel: 'warning',
      plugins,
    });
  const library = {
    index: 'src/index.ts',
    asm: 'src/asm/index.ts',
    bcc: 'src/bcc/index.ts',
    btf: 'src/btf/index.ts',
  };
  await bundle(library, [LAZY_FS]);
  await bundle({ 'ring-worker': 'src/ringbuf/ring-worker.ts' });
  await bundle({ cli: 'src/cli/main.ts' });
  await bundle({ 'bench-child': 'src/bench/bench-child.ts' });
  // The exporter's page, for browsers of the last years.
  await build({
    absWorkingDir: root,
    entryPoints: ['src/metrics/page/page.ts'],
    outdir: 'dist/lib/page',
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  copyFileSync(`${root}src/metrics/page/index.html`, `${root}dist/lib/page/index.html`);
  // And beside the module that serves it, for tests within one process.
  cpSync(`${root}dist/lib/page`, `${root}dist/src/metrics/exporter/page`, { recursive: true });
}
