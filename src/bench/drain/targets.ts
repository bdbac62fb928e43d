import type { Target, Work } from '../suite.ts';
import { medianOf, ratio, target } from '../target.ts';

/** What is promised of draining: the times of one run, compared. */
export function drainTargets(works: readonly Work[]): Target[] {
  const time = (work: string, reader: string): number | undefined =>
    medianOf(works.find(({ name }) => name === work)?.figures ?? [], reader, 'time');
  const timesOf = (work: string, reader: string, than: string): number | undefined =>
    ratio(time(work, reader), time(work, than));
  const objects = '64-byte records as objects with two strings';
  const faster = (limit: number, than: string): Target =>
    target(objects, 'at least', limit, `× faster than ${than}`, timesOf('objects-64', than, 'objects'));
  return [
    target('8-byte records, raw', 'at most', 1.2, '× libbpf', timesOf('raw-8', 'cursor', 'libbpf')),
    target(
      '64-byte records, lengths of two strings through a cursor',
      'at most',
      1.2,
      '× libbpf with strlen',
      timesOf('lengths-64', 'cursor', 'libbpf'),
    ),
    target(
      objects,
      'at most',
      1.2,
      '× cilium/ebpf by hand',
      timesOf('objects-64', 'objects', 'cilium/ebpf by hand'),
    ),
    faster(8, 'cilium/ebpf binary.Read'),
    faster(8, 'BCC'),
    faster(5, 'field table'),
  ];
}
