import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

/**
 * How far from its aim a time may be. Aims are for a machine with nothing else to do; the host of a virtual machine may give
 * half of a processor, and other work empties its caches. A regression that is worth a failed test is larger.
 */
const SLACK = 2.5;
/** Of memory, which other work does not change; when garbage is collected does. */
const MEMORY_SLACK = 1.25;

/** Prints a figure beside its aim, which is a most, and fails where it is far above that. */
export function nearAim(t: TestContext, what: string, figure: number, aim: number, unit: string): void {
  const words = `${what}: ${Number(figure.toPrecision(3))} ${unit}; aim ${aim}`;
  t.diagnostic(words);
  assert.ok(figure < aim * (unit === 'MB' ? MEMORY_SLACK : SLACK), words);
}
