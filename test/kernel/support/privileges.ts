import { spawnSync } from 'node:child_process';
import type { Finished } from './cli.ts';

/** An ordinary user, and the group, that exist everywhere: nobody. */
export const NOBODY = 65534;

/** Runs Node as {@link NOBODY} with these capabilities (`CAP_BPF`) and no others, to its end. */
export function asNobody(capabilities: readonly string[], ...args: string[]): Finished {
  const set = ['-all', ...capabilities.map((name) => `+${name.slice('CAP_'.length).toLowerCase()}`)].join();
  const { status, stdout, stderr } = spawnSync(
    'setpriv',
    [
      `--reuid=${NOBODY}`,
      `--regid=${NOBODY}`,
      '--clear-groups',
      `--inh-caps=${set}`,
      `--ambient-caps=${set}`,
      process.execPath,
      ...args,
    ],
    { encoding: 'utf8' },
  );
  return { status, stdout, stderr };
}
