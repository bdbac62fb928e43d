import { createDecoder, recordMemory } from '../btf/index.ts';
import type { CapturedItem } from '../ringbuf/index.ts';
import type { TypeRef } from '../spec/index.ts';
import { type Column, cell, eventColumns } from '../text/index.ts';

/** A record, decoded where it can be. */
export interface Row {
  /** Wall-clock time at which it was seen. */
  readonly time: Date;
  readonly position: bigint;
  readonly bytes: Uint8Array;
  /** Undefined without a type, or where the record is shorter than its type. */
  readonly event: unknown;
}

/** What was left out of a stream of records, and what could not be decoded. */
export interface Tally {
  skippedBytes: bigint;
  skippedRecords: number;
  gaps: number;
  short: number;
}

/** Makes rows of what a tap or a capture has, and counts the rest in `tally`. */
export function rowMaker(
  event: TypeRef | undefined,
  wallTime: (monotonic: bigint) => Date,
  tally: Tally,
): (item: CapturedItem) => Row[] {
  const decoder = event === undefined ? undefined : createDecoder<unknown>(event.btf, event.id);
  return (item) => {
    if (item.kind === 'gap') {
      tally.gaps++;
      tally.skippedBytes += item.bytes;
      tally.skippedRecords += item.records ?? 0;
      return [];
    }
    const { position, bytes, time } = item;
    const isShort = decoder !== undefined && bytes.length < decoder.size;
    if (isShort) tally.short++;
    const decoded =
      decoder === undefined || isShort ? undefined : decoder.decode(memoryOf(bytes), 0, bytes.length);
    return [{ time: wallTime(time), position, bytes, event: decoded }];
  };
}

/** The members of the type; without one position, length and bytes. */
export function rowColumns(event: TypeRef | undefined): Column<Row>[] {
  const columns = event === undefined ? [] : eventColumns(event);
  if (columns.length > 0) {
    return columns.map((column, index) => ({
      ...column,
      value: ({ event: value, bytes }) => {
        if (value === undefined) return index === 0 ? `[${Buffer.from(bytes).toString('hex')}]` : '';
        return column.value(value as Record<string, unknown>);
      },
    }));
  }
  const last = (row: Row): string =>
    row.event === undefined ? Buffer.from(row.bytes).toString('hex') : cell(row.event);
  return [
    { header: 'POSITION', width: 12, align: 'right', value: ({ position }) => String(position) },
    { header: 'LENGTH', width: 6, align: 'right', value: ({ bytes }) => String(bytes.length) },
    { header: event === undefined ? 'BYTES' : 'EVENT', width: 0, value: last },
  ];
}

/** In words. @param busyWaits undefined for a capture, which does not know. */
export function tallyText({ skippedBytes, skippedRecords, gaps, short }: Tally, busyWaits?: number): string {
  const skipped =
    gaps === 0
      ? 'nothing skipped'
      : `${skippedBytes} bytes skipped in ${gaps} gaps (${skippedRecords} records counted)`;
  const parts = [skipped];
  if (busyWaits !== undefined) parts.push(`${busyWaits} busy waits`);
  if (short > 0) parts.push(`${short} shorter than the type`);
  return parts.join(', ');
}

function memoryOf(bytes: Uint8Array): ReturnType<typeof recordMemory> {
  return recordMemory(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
}
