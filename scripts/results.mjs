// A reporter of node:test: one line of JSON for each test that ended, as `scripts/support.mjs` reads them.
import { release } from 'node:os';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How the reason of a skipped test begins where the kernel lacks what it needs. */
export const NOT_OFFERED = 'not offered by this kernel';

/**
 * @typedef {object} Result
 * @property {string} kernel release that the test ran on.
 * @property {string} file source of the test, below the project.
 * @property {string} name
 * @property {'passed' | 'failed' | 'not offered' | 'skipped'} status
 * @property {number} ms
 * @property {string} [reason] of a test that did not pass.
 */

/** @returns {AsyncGenerator<string>} a line for each {@link Result}. */
export default async function* results(events) {
  let subtests = [];
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { name, file, nesting, skip, details } = data;
    // node:test reports a file as a test of its own.
    if (file === undefined || file.endsWith(name)) continue;
    const reason = type === 'test:fail' ? messageOf(details.error) : skip || undefined;
    const status = type === 'test:fail' ? 'failed' : skip === undefined ? 'passed' : skipped(String(skip));
    subtests.push({ name, status, ms: Math.round(details.duration_ms), reason });
    // Subtests come before the test that they are part of, and may be defined in another file than it.
    if (nesting > 0) continue;
    const source = relative(ROOT, file)
      .replace(/^dist\//, '')
      .replace(/\.js$/, '.ts');
    for (const result of subtests) {
      yield `${JSON.stringify({ kernel: release(), file: source, ...result })}\n`;
    }
    subtests = [];
  }
}

function skipped(reason) {
  return reason.startsWith(NOT_OFFERED) ? 'not offered' : 'skipped';
}

function messageOf(error) {
  return String(error.cause?.stack ?? error.cause ?? error.message);
}
