import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Folder of the headers that ship with the package: `bpf/bpf_helpers.h` and so on. */
export function ownHeaders(): string {
  return join(dirname(manifest()), 'include');
}

/** Version of the package, such as `0.1.0`. */
export function packageVersion(): string {
  return (createRequire(import.meta.url)(manifest()) as { version: string }).version;
}

function manifest(): string {
  return createRequire(import.meta.url).resolve('ringtail/package.json');
}
