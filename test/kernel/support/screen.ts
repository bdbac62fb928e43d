/** How a character looks. */
export interface Style {
  /** 0 to 7: black, red, green, yellow, blue, magenta, cyan, white; undefined: the terminal's own. */
  readonly colour?: number;
  readonly isDim?: boolean;
}

/** One character of a screen. */
export interface Cell {
  readonly text: string;
  readonly style: Style;
}

const PLAIN: Style = {};
const BLANK: Cell = { text: ' ', style: PLAIN };

// A control sequence; the beginning of one at the end of the text; any other character.
// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what terminals are told.
const TOKEN = /\x1b\[(\??)([\d;]*)([A-Za-z])|\x1b(?:\[\??[\d;]*)?$|(.)/gsu;

/**
 * What a terminal shows of the text that it gets. It has as many lines and columns as are written to: whether a program keeps
 * to its terminal's size is for tests to see. Knows what ringtail's commands write and throws at anything else; modes, such as
 * that of the alternate screen, change nothing.
 */
export class Screen {
  readonly #rows: Cell[][] = [];
  #row = 0;
  #column = 0;
  #style: Style = PLAIN;
  /** The beginning of a control sequence whose end is still to come. */
  #rest = '';

  write(text: string): void {
    const whole = this.#rest + text;
    this.#rest = '';
    for (const [token, mode, parameters, final, character] of whole.matchAll(TOKEN)) {
      if (character !== undefined) this.#put(character);
      else if (final === undefined) this.#rest = token;
      else if (mode === '' || !'hl'.includes(final)) this.#control(`${mode}${final}`, parameters!);
    }
  }

  /** Its lines, each up to the last character that was written. */
  get rows(): readonly (readonly Cell[])[] {
    return this.#rows;
  }

  /** Its lines as text, without the blanks at their ends. */
  get lines(): string[] {
    return this.#rows.map((row) => textOf(row).trimEnd());
  }

  #put(character: string): void {
    if (character === '\n') this.#row++;
    else if (character === '\r') this.#column = 0;
    else if (character < ' ' || character === '\x7f')
      throw new Error(`a control character: ${JSON.stringify(character)}`);
    else {
      const row = this.#line();
      while (row.length < this.#column) row.push(BLANK);
      row[this.#column++] = { text: character, style: this.#style };
    }
  }

  #control(name: string, parameters: string): void {
    if (name === 'H') [this.#row, this.#column] = place(parameters);
    else if (name === 'm') this.#style = styled(this.#style, Number(parameters));
    else if (name === 'K' && parameters === '') this.#line().splice(this.#column);
    else if (name === 'J' && parameters === '2') this.#rows.length = 0;
    else throw new Error(`an unknown control sequence: ${parameters}${name}`);
  }

  /** The line with the cursor, and all above it. */
  #line(): Cell[] {
    while (this.#rows.length <= this.#row) this.#rows.push([]);
    return this.#rows[this.#row]!;
  }
}

/** The characters of a part of a line. */
export function textOf(cells: readonly Cell[]): string {
  return cells.map(({ text }) => text).join('');
}

/** Line and column from 0 of what `CSI line ; column H` has from 1. */
function place(parameters: string): [row: number, column: number] {
  const [row = 1, column = 1] = parameters.split(';').map((part) => Number(part || 1));
  return [row - 1, column - 1];
}

/** What a `CSI code m` makes of a style. */
function styled(style: Style, code: number): Style {
  if (code === 0) return PLAIN;
  if (code === 2) return { ...style, isDim: true };
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  throw new Error(`an unknown way to show text: ${code}`);
}
