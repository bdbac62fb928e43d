import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import { ArgumentError, BpfSyscallError } from '../../errors/index.ts';
import { noProbes, PerfType, perfType } from '../../sys/index.ts';
import { findTracefs, tracefs } from '../tracefs.ts';
import type { AttachableProgram } from './create.ts';
import { BpfLink } from './link.ts';
import { attachPerf, type PerfOptions } from './perf.ts';

/** Whether only tracefs takes probes of the kind: the kernel has no PMU for them. */
export function useLegacy(kind: 'kprobe' | 'uprobe'): boolean {
  if (perfType(kind) !== undefined) return false;
  const root = findTracefs();
  return root !== undefined && existsSync(`${root}/${kind}_events`);
}

/** Group of the events made here. */
const GROUP = 'ringtail';

/** So much of a program's name is in that of its event, which may have 63 characters (`MAX_EVENT_NAME_LEN`). */
const LONGEST_PART = 32;

let made = 0;

/**
 * At an event made in tracefs for it: the way of kernels without the PMUs `kprobe` and `uprobe` (before 4.17), and of
 * `mode: "legacy"`. The event is removed when the link is closed; should this process be killed it stays, harmless, in
 * `kprobe_events` or `uprobe_events`.
 *
 * @param probe.where in the words of these files: `SYMBOL+OFFSET`, `PATH:0xOFFSET(0xREFERENCE_COUNTER)`.
 */
export function attachLegacy(
  program: AttachableProgram,
  target: string,
  probe: { kind: 'kprobe' | 'uprobe'; returns: boolean; where: string; pid?: number | undefined },
  options: PerfOptions,
): BpfLink {
  const root = tracefs();
  const file = `${root}/${probe.kind}_events`;
  if (!existsSync(file)) throw noProbes(probe.kind);
  if (/\s/.test(probe.where)) {
    throw new ArgumentError({
      message: `${target}: tracefs takes no name with blanks`,
      remedy: 'Probe a copy of the file, at a path without blanks.',
    });
  }
  const name = `${program.name.slice(0, LONGEST_PART).replace(/\W/g, '_')}_${process.pid}_${++made}`;
  append(file, `${probe.returns ? 'r' : 'p'}:${GROUP}/${name} ${probe.where}`, target);
  try {
    const id = Number(readFileSync(`${root}/events/${GROUP}/${name}/id`, 'utf8'));
    const event = {
      type: PerfType.TRACEPOINT,
      config: id,
      ...(probe.pid === undefined ? {} : { pid: probe.pid }),
    };
    const mode = options.mode === 'legacy' ? undefined : options.mode;
    const link = attachPerf(program, target, event, { ...options, ...(mode === undefined ? {} : { mode }) });
    return BpfLink.all(target, [link], () => remove(file, name, target));
  } catch (error) {
    remove(file, name, target);
    throw error;
  }
}

/**
 * The kernel lets go of a closed link's event a little later, and calls it busy until then; for good while the link is pinned: then
 * the event has to stay.
 */
function remove(file: string, name: string, target: string): void {
  for (let pause = 1; pause <= LONGEST_PAUSE_MS; pause *= 2) {
    if (append(file, `-:${GROUP}/${name}`, target, 'EBUSY')) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause);
  }
}

const LONGEST_PAUSE_MS = 64;

/** @returns false where the kernel answers `allowed`. */
function append(file: string, line: string, target: string, allowed?: string): boolean {
  const fd = openSync(file, 'a');
  try {
    writeSync(fd, `${line}\n`);
    return true;
  } catch (cause) {
    const errno = (cause as NodeJS.ErrnoException).code ?? 'EINVAL';
    if (errno === allowed) return false;
    throw new BpfSyscallError({
      command: 'write',
      errno,
      message: `"${line}" to ${file}, for ${target}, failed: ${errno}`,
      remedy: 'See error_log in the same folder for what the kernel did not take.',
      cause,
    });
  } finally {
    closeSync(fd);
  }
}
