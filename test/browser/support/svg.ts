import type { Cell, Style } from '../../kernel/support/screen.ts';
import { textOf } from '../../kernel/support/screen.ts';

/** What a picture of a terminal tells besides its text. */
export interface Caption {
  /** The command, as it is typed by root. Stands above the text. */
  readonly command: string;
  /** For those who do not see the picture. */
  readonly description: string;
}

// In pixels: the advance of most monospace fonts at this size is 8.4.
const FONT_SIZE = 14;
const ADVANCE = 8.4;
const LINE = 18;
const MARGIN = 16;
const BAR = 34;

/** Dark on any page; every colour is legible on the background (WCAG AA). */
const BACKGROUND = '#161b22';
const FRAME = '#3d444d';
const TEXT = '#e6edf3';
const DIM = '#9198a1';
/** Colours of the terminal by the name of their class: red, green and yellow are all that ringtail uses. */
const COLOURS: Readonly<Record<number, readonly [name: string, value: string]>> = {
  1: ['red', '#ff7b72'],
  2: ['green', '#56d364'],
  3: ['yellow', '#e3b341'],
};

/**
 * Draws a part of a terminal as SVG: text that can be read, searched and copied. Columns stand below each other in any font:
 * every piece of a line has its place and its width.
 *
 * @param columns of the terminal.
 * @throws Error for a line that is longer.
 */
export function svgOf(rows: readonly (readonly Cell[])[], columns: number, caption: Caption): string {
  const width = Math.ceil(columns * ADVANCE + 2 * MARGIN);
  const height = BAR + rows.length * LINE + MARGIN;
  const classes = Object.values(COLOURS).map(([name, value]) => `.${name} { fill: ${value} }`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title description">`,
    `<title id="title">${escapeXml(caption.command)}</title>`,
    `<desc id="description">${escapeXml(caption.description)}</desc>`,
    '<style>',
    `text { font: ${FONT_SIZE}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace; fill: ${TEXT}; white-space: pre }`,
    `.dim { fill: ${DIM} } ${classes.join(' ')}`,
    '</style>',
    `<rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${BACKGROUND}" stroke="${FRAME}"/>`,
    `<path d="M1 ${BAR - 8.5}H${width - 1}" stroke="${FRAME}"/>`,
    `<text x="${MARGIN}" y="18"><tspan class="dim">#</tspan> ${escapeXml(caption.command)}</text>`,
    ...rows.flatMap((row, index) => lineOf(row, BAR + index * LINE + FONT_SIZE, columns)),
    '</svg>',
    '',
  ].join('\n');
}

function lineOf(row: readonly Cell[], y: number, columns: number): string[] {
  if (textOf(row).trimEnd().length > columns) throw new Error(`wider than the terminal: ${textOf(row)}`);
  const pieces = piecesOf(row).map(({ text, column, style }) => {
    const x = round(MARGIN + column * ADVANCE);
    const length = round(text.length * ADVANCE);
    return `<tspan x="${x}" textLength="${length}" lengthAdjust="spacingAndGlyphs"${classOf(style)}>${escapeXml(text)}</tspan>`;
  });
  return pieces.length === 0 ? [] : [`<text y="${y}">${pieces.join('')}</text>`];
}

interface Piece {
  text: string;
  readonly column: number;
  readonly style: Style;
}

/** A line in pieces of one style, each up to the next column. The blanks behind a piece belong to it, for those who copy. */
function piecesOf(row: readonly Cell[]): Piece[] {
  const pieces: Piece[] = [];
  for (const [column, { text, style }] of row.entries()) {
    const last = pieces.at(-1);
    if (text === ' ') {
      if (last !== undefined) last.text += ' ';
    } else if (last !== undefined && !last.text.endsWith('  ') && sameStyle(last.style, style)) {
      last.text += text;
    } else pieces.push({ text, column, style });
  }
  return pieces;
}

function sameStyle(a: Style, b: Style): boolean {
  return a.colour === b.colour && a.isDim === b.isDim;
}

function classOf({ colour, isDim }: Style): string {
  if (colour === undefined) return isDim ? ' class="dim"' : '';
  const known = COLOURS[colour];
  if (known === undefined) throw new Error(`no colour ${colour} in pictures`);
  return ` class="${known[0]}"`;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
