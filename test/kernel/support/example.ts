import { fileURLToPath } from 'node:url';
import { RunningScript } from './cli.ts';

/**
 * Runs an example of `examples/bcc` until it has printed what is expected; it looks only at this process.
 *
 * @param act what the example shall see; called once, after it has printed its header.
 * @param expected matches some of its output.
 * @returns its output.
 */
export async function runExample(name: string, act: () => void, expected: RegExp): Promise<string> {
  const script = fileURLToPath(new URL(`../../../examples/bcc/${name}.js`, import.meta.url));
  const example = new RunningScript(script, String(process.pid));
  try {
    await example.ready();
    act();
    await example.until((stdout) => expected.test(stdout));
    return example.stdout;
  } finally {
    await example.interrupt();
  }
}
