import { type FileHandle, open } from 'node:fs/promises';
import { ArgumentError } from '../../errors/index.ts';
import { type CaptureInfo, CaptureWriter, type RingTap, type TapItem } from '../../ringbuf/index.ts';
import { untilStopped } from '../stop.ts';
import type { StreamOptions } from '../stream.ts';

/** Only for its owner: a capture holds what others' programs saw. */
const FILE_MODE = 0o600;

/** Writes what a tap sees to a file, until a limit or an interrupt. @returns the number of records. */
export async function writeCapture(
  tap: RingTap<unknown>,
  info: CaptureInfo,
  path: string,
  { duration, maxEvents = Number.POSITIVE_INFINITY }: StreamOptions,
): Promise<number> {
  const writer = new CaptureWriter(info);
  const begin = writer.begin();
  const file = await openFile(path);
  const stop = untilStopped(duration);
  let records = 0;
  try {
    await file.writeFile(begin);
    for await (const items of tap.items({ signal: stop.signal })) {
      const wanted = upTo(items, maxEvents - records);
      records += wanted.filter(({ kind }) => kind === 'record').length;
      await file.writeFile(writer.add(wanted, process.hrtime.bigint()));
      if (records >= maxEvents) break;
    }
  } catch (error) {
    if (!(stop.signal.aborted && error instanceof Error && error.name === 'AbortError')) throw error;
  } finally {
    stop.release();
    await file.writeFile(writer.end()).finally(() => file.close());
  }
  return records;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'w', FILE_MODE);
  } catch (cause) {
    throw new ArgumentError({
      message: `cannot write ${path}: ${(cause as Error).message}`,
      remedy: 'Name a file in a directory that is there and may be written to.',
      cause,
    });
  }
}

/** The items up to so many records. */
function upTo(items: readonly TapItem[], max: number): readonly TapItem[] {
  let records = 0;
  const end = items.findIndex(({ kind }) => kind === 'record' && ++records > max);
  return end < 0 ? items : items.slice(0, end);
}
