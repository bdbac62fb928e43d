/** Room `text`: values as text: columns of a table, lines of JSON, and nothing that could move a cursor. Pure. */
export { cell, eventColumns } from './columns.ts';
export { escapeText } from './escape.ts';
export { jsonLine } from './json.ts';
export { type Column, fit, headerLine, padCell, rowLine } from './table.ts';
