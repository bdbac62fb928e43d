const SGR = { green: 32, yellow: 33, red: 31, dim: 2 } as const;

/** Colours text for a terminal. */
export type Paint = (colour: keyof typeof SGR, text: string) => string;

/**
 * How to colour what goes to a stream: not at all where it is no terminal, or where the environment says so by `NO_COLOR`
 * (https://no-color.org).
 */
export function paintFor(out: NodeJS.WriteStream): Paint {
  const coloured = out.isTTY && !process.env['NO_COLOR'];
  return (colour, text) => (coloured ? `\x1b[${SGR[colour]}m${text}\x1b[0m` : text);
}
