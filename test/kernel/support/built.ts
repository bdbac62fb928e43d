import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';

/** What the compilers made where there are some, for machines that have none: see test/vm/support/build.ts. */
const KEPT = process.env['RINGTAIL_BUILT'];

/**
 * A file that a compiler makes; in the virtual machine, which has no compiler, the one that was made before it was booted.
 *
 * @param name of the kept file.
 * @param make writes `output`.
 * @returns `output`.
 */
export function built(name: string, output: string, make: () => void): string {
  if (KEPT !== undefined && existsSync(join(KEPT, name))) copyFileSync(join(KEPT, name), output);
  else make();
  return output;
}
