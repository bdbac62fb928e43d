import { type UsdtProbe, usdtProbes } from '../../elf/index.ts';
import { ArgumentError, NotFoundError, NotSupportedError, nearest } from '../../errors/index.ts';
import { perfConfigBit, perfType } from '../../sys/index.ts';
import { findBinary, openBinary } from './binary.ts';
import type { AttachableProgram } from './create.ts';
import { attachEach, BpfLink } from './link.ts';
import type { UsdtTarget } from './targets.ts';
import { attachUprobeAt, checkPid, noBinary } from './uprobe.ts';

/** At every place where a program or library passes a USDT probe [`bpf_program__attach_usdt`]. */
export function attachUsdt(program: AttachableProgram, options: UsdtTarget): BpfLink {
  const [binary, provider, name] = namesOf(program, options);
  const file = findBinary(binary);
  const places = placesOf(file, provider, name);
  if (places.some(({ semaphore }) => semaphore !== undefined)) checkSemaphores(file);
  const target = `usdt/${file}:${provider}:${name}`;
  const pid = options.pid === undefined ? {} : { pid: checkPid(options.pid) };
  const cookie = options.cookie === undefined ? {} : { cookie: options.cookie };
  const links = attachEach(places, ({ offset, semaphore }) => {
    const counter = semaphore === undefined ? {} : { referenceCounter: semaphore };
    return attachUprobeAt(program, target, { file, offset, returns: false, ...counter, ...pid }, cookie);
  });
  return BpfLink.all(target, links);
}

function namesOf(program: AttachableProgram, options: UsdtTarget): [string, string, string] {
  const named = program.section.target?.split(':') ?? [];
  const binary = options.binary ?? named[0];
  if (binary === undefined) throw noBinary(program);
  const [provider, name] = [options.provider ?? named[1], options.name ?? named[2]];
  if (provider !== undefined && name !== undefined && named.length <= 3) return [binary, provider, name];
  throw new ArgumentError({
    message: `program ${program.name}: nothing says which USDT probe of ${binary} is meant`,
    remedy: 'Name it: SEC("usdt/PATH:PROVIDER:NAME"), or program.attach({ binary, provider, name }).',
  });
}

function placesOf(file: string, provider: string, name: string): UsdtProbe[] {
  const probes = [...usdtProbes(openBinary(file))];
  const found = probes.filter((probe) => probe.provider === provider && probe.name === name);
  if (found.length > 0) return found;
  const all = new Set(probes.map((probe) => `${probe.provider}:${probe.name}`));
  const close = nearest(`${provider}:${name}`, all);
  const some = close.length > 0 ? close : [...all].slice(0, 10);
  throw new NotFoundError({
    message: `${file} has no USDT probe ${provider}:${name}`,
    remedy:
      some.length > 0 ? `It has: ${some.join(', ')}.` : 'It has none at all: it was built without them.',
  });
}

/** The kernel keeps the counter that switches a probe on from 4.20. */
function checkSemaphores(file: string): void {
  if (perfType('uprobe') === undefined || perfConfigBit('uprobe', 'ref_ctr_offset') !== undefined) return;
  throw new NotSupportedError({
    feature: 'USDT semaphores',
    since: '4.20',
    message: `the probes of ${file} are switched on by a counter, which this kernel does not keep`,
    remedy: 'Run kernel 4.20 or later.',
  });
}
