interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Changes to a text, which know where each character of the result comes from. Changes may nest (an insertion before
 * and one behind what has changes of its own), but not overlap.
 */
export class Edits {
  readonly #source: string;
  readonly #edits: Edit[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  /** @param text without line breaks, so that lines stay what they are. */
  replace(start: number, end: number, text: string): void {
    this.#edits.push({ start, end, text });
  }

  insert(offset: number, text: string): void {
    this.replace(offset, offset, text);
  }

  /** Puts text around a part. What surrounds other changes has to come before them. */
  wrap(start: number, end: number, before: string, behind: string): void {
    this.insert(start, before);
    // Whatever else begins or ends there is further out.
    const at = this.#edits.findIndex((edit) => edit.start === end);
    this.#edits.splice(at < 0 ? this.#edits.length : at, 0, { start: end, end, text: behind });
  }

  /** The changed text, and the way back. */
  apply(): EditedText {
    // Sorting is stable: what was inserted first at a place comes first there.
    const edits = this.#edits.toSorted((a, b) => a.start - b.start);
    const parts: string[] = [];
    const pieces: Piece[] = [];
    let at = 0;
    let length = 0;
    const add = (text: string, from: number, isOriginal: boolean): void => {
      if (text === '') return;
      parts.push(text);
      pieces.push({ to: length, from, isOriginal });
      length += text.length;
    };
    for (const { start, end, text } of edits) {
      add(this.#source.slice(at, start), at, true);
      add(text, start, false);
      at = Math.max(at, end);
    }
    add(this.#source.slice(at), at, true);
    return new EditedText(parts.join(''), pieces);
  }
}

/** A part of the result: where it begins there, and where it comes from. */
interface Piece {
  readonly to: number;
  readonly from: number;
  readonly isOriginal: boolean;
}

/** The result of {@link Edits}. */
export class EditedText {
  readonly text: string;
  readonly #pieces: readonly Piece[];

  constructor(text: string, pieces: readonly Piece[]) {
    this.text = text;
    this.#pieces = pieces;
  }

  /** Where a place of the result was in the source; of new text, where it was put. */
  readonly sourceOffset: (offset: number) => number = (offset) => {
    const piece = this.#pieces.findLast(({ to }) => to <= offset);
    if (piece === undefined) return offset;
    return piece.isOriginal ? piece.from + offset - piece.to : piece.from;
  };
}
