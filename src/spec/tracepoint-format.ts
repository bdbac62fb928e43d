import { ObjectFormatError } from '../errors/index.ts';

/** One field of a tracepoint's record, as its `format` file in tracefs declares it. */
export interface FormatField {
  readonly name: string;
  /** Type without the name, as it is written: `char[16]`, `const char *`, `__data_loc char[]`. */
  readonly type: string;
  /** Bytes from the start of the record. */
  readonly offset: number;
  /** Bytes in the record. */
  readonly size: number;
  readonly signed: boolean;
}

/** Longest record that perf hands to a program: the kernel's `PERF_MAX_TRACE_SIZE`. */
const MAX_RECORD = 8192;
/** The kernel's own files are below 64 KiB, with some 130 fields at most. */
const MAX_TEXT = 1 << 20;
const MAX_FIELDS = 1024;
const MAX_LINE = 512;

const FIELD = /^field:([^;]+);\s*offset:(\d{1,5});\s*size:(\d{1,5});(?:\s*signed:([01]);)?$/;

/**
 * Reads a tracepoint's `format` file. The fields that all records share (`common_*`) are left out: a program does not see
 * them.
 *
 * Source: `f_show` in kernel/trace/trace_events.c.
 *
 * @param what names the file in errors.
 * @throws ObjectFormatError when the text is no such file, or a field lies outside of what a record can be.
 */
export function parseFormat(text: string, what: string): FormatField[] {
  const fail = (offset: number, expected: string) => new ObjectFormatError({ what, offset, expected });
  if (text.length > MAX_TEXT) throw fail(MAX_TEXT, `at most ${MAX_TEXT} characters`);
  if (!text.startsWith('name: ')) throw fail(0, '"name: "');
  const fields: FormatField[] = [];
  let offset = 0;
  for (const line of text.split('\n')) {
    const start = offset;
    offset += line.length + 1;
    if (!line.startsWith('\tfield:')) continue;
    if (line.length > MAX_LINE) throw fail(start, `a line of at most ${MAX_LINE} characters`);
    const field = parseField(line.trim());
    if (field === undefined) throw fail(start, 'field:TYPE NAME; offset:N; size:N; signed:N;');
    if (field.offset + field.size > MAX_RECORD) throw fail(start, `a field within ${MAX_RECORD} bytes`);
    if (!field.name.startsWith('common_')) fields.push(field);
    if (fields.length > MAX_FIELDS) throw fail(start, `at most ${MAX_FIELDS} fields`);
  }
  return fields;
}

function parseField(line: string): FormatField | undefined {
  const [, declaration, offset, size, signed] = FIELD.exec(line) ?? [];
  if (declaration === undefined) return undefined;
  // `unsigned long args[6]`: the brackets belong to the type.
  const bracket = declaration.endsWith(']') ? declaration.lastIndexOf('[') : declaration.length;
  const name = /\w{1,128}$/.exec(declaration.slice(0, bracket))?.[0];
  if (name === undefined) return undefined;
  const type = declaration.slice(0, bracket - name.length).trim() + declaration.slice(bracket);
  return { name, type, offset: Number(offset), size: Number(size), signed: signed === '1' };
}
