import { escapeText } from './escape.ts';

/** One column of a table that is printed row by row, as rows come. */
export interface Column<T> {
  readonly header: string;
  /** Characters; longer values push the rest of their line to the right and are never cut. */
  readonly width: number;
  readonly align?: 'right';
  readonly value: (row: T) => string;
}

/** The columns of a table whose rows are all there: each wide enough for its longest value, except the last. */
export function fit<T>(columns: readonly Column<T>[], rows: readonly T[]): Column<T>[] {
  return columns.map((column, i) =>
    i === columns.length - 1
      ? column
      : {
          ...column,
          width: Math.max(column.width, ...rows.map((row) => escapeText(column.value(row)).length)),
        },
  );
}

/** The header line. */
export function headerLine<T>(columns: readonly Column<T>[]): string {
  return columns.map((column) => padCell(column.header, column)).join(' ');
}

/** A row as a line, safe for a terminal. */
export function rowLine<T>(columns: readonly Column<T>[], row: T): string {
  return columns.map((column) => padCell(escapeText(column.value(row)), column)).join(' ');
}

/** Text as wide as its column. */
export function padCell<T>(text: string, { width, align }: Column<T>): string {
  return align === 'right' ? text.padStart(width) : text.padEnd(width);
}
