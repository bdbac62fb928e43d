/** Prints lines to stdout. A reader that goes away early (`| head`) is no error. */
export function printLines(lines: readonly string[]): void {
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
