import type { ReadStream, WriteStream } from 'node:tty';

// The alternate screen, no cursor, no wrapping of long lines; and back.
const ENTER = '\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J';
const LEAVE = '\x1b[?7h\x1b[?25h\x1b[?1049l';
/** Between these a terminal that knows them shows nothing half drawn. */
const BEGIN_FRAME = '\x1b[?2026h';
const END_FRAME = '\x1b[?2026l';

/** A terminal as a screen of lines. What it was before comes back at `leave`, and at any end of the process that can be noticed. */
export class Screen {
  readonly #input: ReadStream;
  readonly #output: WriteStream;
  readonly #leave = (): void => this.leave();
  #shown: string[] = [];
  #isEntered = false;

  constructor(input: ReadStream, output: WriteStream) {
    this.#input = input;
    this.#output = output;
  }

  /** Characters in a line; a terminal that does not know its size says 0. */
  get width(): number {
    return this.#output.columns || 80;
  }

  get height(): number {
    return this.#output.rows || 24;
  }

  enter(): void {
    if (this.#isEntered) return;
    this.#isEntered = true;
    // Uncaught exceptions and process.exit() pass here.
    process.once('exit', this.#leave);
    if (this.#input.isTTY) this.#input.setRawMode(true);
    this.#output.write(ENTER);
    this.#shown = [];
  }

  leave(): void {
    if (!this.#isEntered) return;
    this.#isEntered = false;
    process.off('exit', this.#leave);
    if (this.#input.isTTY) this.#input.setRawMode(false);
    this.#output.write(LEAVE);
  }

  /** Forgets what is shown: the next frame draws every line. */
  invalidate(): void {
    this.#shown = [];
  }

  /**
   * Shows lines from the top, in one write, of those lines only that differ from what is there. A frame that a slow connection
   * has no room for is left out: the next one makes good for it.
   */
  draw(lines: readonly string[]): void {
    if (!this.#isEntered || this.#output.writableNeedDrain) return;
    let frame = this.#shown.length === 0 ? '\x1b[2J' : '';
    for (let row = 0; row < this.height; row++) {
      const line = lines[row] ?? '';
      if (this.#shown[row] === line) continue;
      this.#shown[row] = line;
      frame += `\x1b[${row + 1};1H${line}\x1b[K`;
    }
    if (frame !== '') this.#output.write(BEGIN_FRAME + frame + END_FRAME);
  }
}
