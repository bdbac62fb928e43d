import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Finished, RINGTAIL } from './cli.ts';

const ROOT = dirname(dirname(RINGTAIL));

/** An ordinary user, and the group, that exist everywhere: nobody. */
export const NOBODY = 65534;

/** Runs a command that alone sees a folder at another place: its arguments are folder, place, and the command. */
const SHOW_AT = 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"';

/**
 * Runs Node as {@link NOBODY} with these capabilities (`CAP_BPF`) and no others, to its end. It sees the project at a place
 * that an ordinary user may reach, wherever the project is; in what it prints that place has the project's name.
 */
export function asNobody(capabilities: readonly string[], ...args: string[]): Finished {
  const set = ['-all', ...capabilities.map((name) => `+${name.slice('CAP_'.length).toLowerCase()}`)].join();
  const place = mkdtempSync(join(tmpdir(), 'ringtail-nobody-'));
  chmodSync(place, 0o755);
  const setpriv = [
    // By its path: the shell of busybox prefers a lesser one of its own.
    '/usr/bin/setpriv',
    `--reuid=${NOBODY}`,
    `--regid=${NOBODY}`,
    '--clear-groups',
    `--inh-caps=${set}`,
    `--ambient-caps=${set}`,
  ];
  const node = [process.execPath, ...args.map((arg) => arg.replaceAll(`${ROOT}/`, `${place}/`))];
  try {
    const { status, stdout, stderr } = spawnSync(
      'unshare',
      ['--mount', 'sh', '-c', SHOW_AT, 'sh', ROOT, place, ...setpriv, ...node],
      { encoding: 'utf8' },
    );
    const named = (text: string): string => text.replaceAll(place, ROOT);
    return { status, stdout: named(stdout), stderr: named(stderr) };
  } finally {
    rmdirSync(place);
  }
}
