const CLEAR = '\r\x1b[K';

/** One line at the bottom of a terminal that tells how things stand. Elsewhere than on a terminal it is silent. */
export class StatusLine {
  readonly #out: NodeJS.WriteStream;
  #shown = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** Shows `text`, cut to the terminal's width: a line that wraps could not be taken back. */
  show(text: string): void {
    if (!this.#out.isTTY) return;
    // A terminal that does not know its size says 0.
    this.#out.write(CLEAR + text.slice(0, (this.#out.columns || 80) - 1));
    this.#shown = true;
  }

  /** Takes the line away, before other output or at the end. */
  clear(): void {
    if (this.#shown) this.#out.write(CLEAR);
    this.#shown = false;
  }
}
