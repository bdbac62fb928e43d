import { BpfSyscallError, BusyError, PermissionError } from '../errors/index.ts';
import { MapType } from '../spec/index.ts';
import {
  type BatchCommand,
  errno,
  failure,
  mapDelete,
  mapLookup,
  mapLookupAndDelete,
  mapNextKey,
  mapUpdate,
  tryMapBatch,
  UpdateFlags,
} from '../sys/index.ts';
import type { MapHandle } from './map-handle.ts';
import { probe } from './probe/probe.ts';

/** Sizes in bytes; that of a value is what the kernel copies: all CPUs'. */
export interface EntrySizes {
  readonly key: number;
  readonly value: number;
}

export type RawEntry = readonly [key: Uint8Array, value: Uint8Array];

/** Entries of one batch, and bytes that it may take if they are large. */
const BATCH_ENTRIES = 1024;
const BATCH_BYTES = 1024 * 1024;

/** Times that a batch may be interrupted without having got on. */
const PATIENCE = 100;

/** Types whose batches go bucket by bucket: whatever is deleted meanwhile, an entry that stays is seen once. */
const BY_BUCKET: ReadonlySet<number> = new Set([
  MapType.HASH,
  MapType.PERCPU_HASH,
  MapType.LRU_HASH,
  MapType.LRU_PERCPU_HASH,
  MapType.HASH_OF_MAPS,
]);

/** Number of entries in a batch of them. */
export function batchSize({ key, value }: EntrySizes): number {
  return Math.min(BATCH_ENTRIES, Math.max(1, Math.floor(BATCH_BYTES / (key + value))));
}

/** Whether batches list the keys of a map better than asking for one after another. */
export function listsByBucket(map: MapHandle): boolean {
  return BY_BUCKET.has(map.type) && haveBatch(map, 'MAP_LOOKUP_BATCH');
}

/** Whether this kernel has a command for this type of map: tried once, with a batch of nothing. */
function haveBatch(map: MapHandle, command: BatchCommand): boolean {
  const question = `${command} of map type ${map.typeName}`;
  return probe(question, { since: '5.6' }, () => {
    const result = tryMapBatch(command, map.fd, { count: 0 });
    if (result.errno === 0) return;
    const error = batchFailure(map, command, result.errno);
    // This map refuses it (it is frozen, or read-only): the real call will say so.
    if (!(error instanceof PermissionError)) throw error;
  }).available;
}

/** All keys, one after another. @throws BusyError when the map changes faster than that. */
export function* readKeys(map: MapHandle, keySize: number): Generator<Uint8Array> {
  const { maxEntries } = map.info();
  // The next one is asked for before the key is given away, which the caller may delete: after a key that is not
  // there the kernel begins anew.
  let key = nextKey(map, undefined, keySize);
  for (let seen = 1; key !== undefined; seen++) {
    if (seen > maxEntries) throw tooBusy(map);
    const next = nextKey(map, key, keySize);
    yield key;
    key = next;
  }
}

function nextKey(map: MapHandle, after: Uint8Array | undefined, size: number): Uint8Array | undefined {
  const next = new Uint8Array(size);
  return mapNextKey(map.fd, map.what, after, next) ? next : undefined;
}

/**
 * All entries, in batches, taken out of the map if so wanted: by batch commands, or one by one where the kernel has none
 * for this type of map.
 *
 * @param count entries of a batch.
 * @throws BusyError when a map that is listed key by key changes faster than that.
 */
export function* readEntries(
  map: MapHandle,
  sizes: EntrySizes,
  { count, remove }: { count: number; remove: boolean },
): Generator<readonly RawEntry[]> {
  const command = remove ? 'MAP_LOOKUP_AND_DELETE_BATCH' : 'MAP_LOOKUP_BATCH';
  if (haveBatch(map, command)) {
    yield* readBatches(map, sizes, command, count);
    return;
  }
  let batch: RawEntry[] = [];
  for (const key of readKeys(map, sizes.key)) {
    const value = new Uint8Array(sizes.value);
    // Gone since its key was listed, if false.
    if (!(remove ? takeOne(map, key, value) : mapLookup(map.fd, map.what, key, value))) continue;
    batch.push([key, value]);
    if (batch.length < count) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** In two steps where the kernel has no command for it: what is written in between is lost. */
function takeOne(map: MapHandle, key: Uint8Array, value: Uint8Array): boolean {
  try {
    return mapLookupAndDelete(map.fd, map.what, key, value);
  } catch (error) {
    if (!(error instanceof BpfSyscallError) || !['ENOTSUPP', 'EINVAL'].includes(error.errno)) throw error;
    return mapLookup(map.fd, map.what, key, value) && mapDelete(map.fd, map.what, key);
  }
}

function* readBatches(
  map: MapHandle,
  sizes: EntrySizes,
  command: BatchCommand,
  wanted: number,
): Generator<readonly RawEntry[]> {
  const { maxEntries } = map.info();
  let count = wanted;
  let seen = 0;
  let interrupted = 0;
  let inBatch: Uint8Array | undefined;
  for (;;) {
    const outBatch = new Uint8Array(Math.max(4, sizes.key));
    const keys = new Uint8Array(count * sizes.key);
    const values = new Uint8Array(count * sizes.value);
    const result = tryMapBatch(command, map.fd, { count, keys, values, inBatch, outBatch });
    if (result.errno === errno.ENOSPC && result.count === 0) {
      // A bucket is handed out whole.
      count *= 2;
      continue;
    }
    const isInterrupted = result.errno === errno.EINTR;
    if (result.errno !== 0 && result.errno !== errno.ENOENT && !isInterrupted) {
      throw batchFailure(map, command, result.errno);
    }
    seen += result.count;
    interrupted = isInterrupted && result.count === 0 ? interrupted + 1 : 0;
    if (interrupted > PATIENCE || (seen > maxEntries && !BY_BUCKET.has(map.type))) throw tooBusy(map);
    if (result.count > 0) {
      inBatch = outBatch;
      yield Array.from({ length: result.count }, (_, i) => [
        keys.slice(i * sizes.key, (i + 1) * sizes.key),
        values.slice(i * sizes.value, (i + 1) * sizes.value),
      ]);
    }
    if (result.errno === errno.ENOENT) return;
  }
}

/**
 * Writes entries, those before one that is refused included.
 *
 * @param flags UpdateFlags.
 * @throws BpfSyscallError, PermissionError.
 */
export function writeEntries(map: MapHandle, entries: readonly RawEntry[], flags: number): void {
  // Batches know no mode.
  if (flags !== UpdateFlags.ANY || !haveBatch(map, 'MAP_UPDATE_BATCH')) {
    for (const [key, value] of entries) mapUpdate(map.fd, map.what, key, value, flags);
    return;
  }
  const result = tryMapBatch('MAP_UPDATE_BATCH', map.fd, {
    count: entries.length,
    keys: join(entries.map(([key]) => key)),
    values: join(entries.map(([, value]) => value)),
  });
  if (result.errno !== 0) throw batchFailure(map, 'MAP_UPDATE_BATCH', result.errno);
}

/** Removes keys. @returns how many were there. */
export function deleteKeys(map: MapHandle, keys: readonly Uint8Array[]): number {
  if (!haveBatch(map, 'MAP_DELETE_BATCH')) {
    return keys.filter((key) => mapDelete(map.fd, map.what, key)).length;
  }
  const bytes = join(keys);
  let deleted = 0;
  for (let from = 0; from < keys.length; ) {
    const rest = bytes.subarray((from * bytes.length) / keys.length);
    const result = tryMapBatch('MAP_DELETE_BATCH', map.fd, { count: keys.length - from, keys: rest });
    if (result.errno !== 0 && result.errno !== errno.ENOENT) {
      throw batchFailure(map, 'MAP_DELETE_BATCH', result.errno);
    }
    deleted += result.count;
    // The kernel stops at a key that is not there.
    from += result.count + (result.errno === 0 ? 0 : 1);
  }
  return deleted;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const size = parts[0]?.length ?? 0;
  const joined = new Uint8Array(parts.length * size);
  for (const [i, part] of parts.entries()) joined.set(part, i * size);
  return joined;
}

function batchFailure(map: MapHandle, command: BatchCommand, code: number): Error {
  return failure({ command: `BPF_${command}`, what: map.what, errno: code });
}

function tooBusy(map: MapHandle): BusyError {
  return new BusyError({
    message: `${map.what} changes faster than its keys can be listed`,
    remedy: 'Let its writers pause, or use a hash, which is listed bucket by bucket.',
  });
}
