import { existsSync, readdirSync, readFileSync } from 'node:fs';
import {
  ArgumentError,
  NotFoundError,
  NotSupportedError,
  nearest,
  PermissionError,
} from '../errors/index.ts';

/** The command that mounts tracefs where everybody looks for it. */
export const MOUNT_TRACEFS = 'mount -t tracefs nodev /sys/kernel/tracing';

/** Mount points of file systems of a type, from `/proc/self/mounts`. */
export function mountsOf(type: string): string[] {
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return lines
    .map((line) => line.split(' '))
    .filter((fields) => fields[2] === type)
    .map((fields) => unescapeMount(fields[1]!));
}

/** Mount points write blanks and backslashes in octal (fs/proc_namespace.c). */
function unescapeMount(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/**
 * Where tracefs is mounted: the first mount of its own, or the one that debugfs brings along.
 *
 * @returns undefined where it is not.
 */
export function findTracefs(): string | undefined {
  return (
    mountsOf('tracefs')[0] ??
    mountsOf('debugfs')
      .map((d) => `${d}/tracing`)
      .find((d) => existsSync(`${d}/events`))
  );
}

/** @throws ArgumentError with the one command that mounts it. */
export function tracefs(): string {
  const path = findTracefs();
  if (path !== undefined) return path;
  throw new ArgumentError({
    message: 'tracefs is not mounted, and tracepoints are found through it',
    remedy: `Mount it: ${MOUNT_TRACEFS}`,
  });
}

/**
 * The number by which perf knows a tracepoint.
 *
 * @throws NotFoundError with the nearest names; PermissionError where tracefs is readable by root alone.
 */
export function tracepointId(category: string, name: string): number {
  return Number(readTracepointFile(category, name, 'id'));
}

/** Text of a tracepoint's `format` file: the fields of its record. Throws as {@link tracepointId} does. */
export function readTracepointFormat(category: string, name: string): string {
  return readTracepointFile(category, name, 'format');
}

function readTracepointFile(category: string, name: string, file: 'id' | 'format'): string {
  const root = tracefs();
  try {
    return readFileSync(`${root}/events/${category}/${name}/${file}`, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw unreadableTracefs(`tracepoint ${category}:${name} cannot be looked up`, root, code);
    }
    throw new NotFoundError({
      message: `there is no tracepoint ${category}:${name} on this kernel`,
      remedy: `Nearest: ${nearestTracepoints(root, category, name).join(', ') || `none; see ${root}/available_events`}`,
      cause,
    });
  }
}

/** `CATEGORY:NAME` of every tracepoint that tracefs shows. Throws as {@link readTracefs} does. */
export function availableTracepoints(): string[] {
  return readTracefs('available_events').split('\n').filter(Boolean);
}

/**
 * Text of a file of tracefs.
 *
 * @throws ArgumentError where tracefs is not mounted; PermissionError where it is readable by root alone;
 *   NotSupportedError where this kernel's has no such file.
 */
export function readTracefs(file: string): string {
  const root = tracefs();
  try {
    return readFileSync(`${root}/${file}`, 'latin1');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT') throw unreadableTracefs(`${file} cannot be read`, root, code);
    throw new NotSupportedError({
      feature: `${file} in tracefs`,
      message: `there is no ${file} in ${root}: this kernel was built without what it shows`,
      remedy: 'Take another kernel, or name what is looked for without a pattern.',
      cause,
    });
  }
}

function unreadableTracefs(what: string, root: string, code = 'EACCES'): PermissionError {
  return new PermissionError({
    command: 'read',
    errno: code,
    message: `${what} in ${root}: ${code}`,
    remedy:
      'Run as root: tracefs is readable by root alone. Raw tracepoints (raw_tp/, tp_btf/) do not need it.',
  });
}

function nearestTracepoints(root: string, category: string, name: string): string[] {
  const list = (dir: string): string[] => (existsSync(dir) ? readdirSync(dir) : []);
  const categories = list(`${root}/events`);
  const near = categories.includes(category) ? [category] : nearest(category, categories);
  return near.flatMap((c) => nearest(name, list(`${root}/events/${c}`)).map((n) => `${c}:${n}`)).slice(0, 3);
}
