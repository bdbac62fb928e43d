/** The pictures of the README, made of what the commands show: `npm run docs:pictures` puts them into docs/images. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { Exporter } from '../kernel/support/exporter.ts';
import { kernelTest as test } from '../kernel/support/privileged.ts';
import { type Cell, textOf } from '../kernel/support/screen.ts';
import { Terminal } from '../kernel/support/terminal.ts';
import { BURSTY, DEMO_FILTER, Demo, STALLED, TALKATIVE } from './support/demo.ts';
import { type Caption, svgOf } from './support/svg.ts';

const OUTPUT = 'test-output/pictures';

/** Columns of a terminal with sentences, and of one with a wide table. */
const NARROW = 80;
const WIDE = 110;

test('the pictures of the README', async (t) => {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  t.after(() => browser.close());
  const demo = new Demo();
  t.after(() => demo.stop());
  await demo.began();
  // From now on, so that its chart has something to show.
  const exporter = await Exporter.start('--interval', '100ms', '--allow-tap');
  const page = await browser.newPage({ viewport: { width: 1000, height: 600 }, colorScheme: 'light' });
  await page.goto(`http://${exporter.url.host}/`);

  await t.test('execsnoop', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'ringtail-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const options = '--columns time,pid,args';
    const terminal = new Terminal(`execsnoop --ppid ${process.pid} ${options}`, {
      columns: NARROW,
      isColoured: true,
    });
    await terminal.until('the header', (screen) => screen.includes('ARGS'));
    const source = join(directory, 'hello.c');
    writeFileSync(source, 'int main(void) { return 0; }\n');
    for (const command of [
      '/usr/bin/uname --kernel-release',
      '/usr/bin/gcc -O2 -o hello hello.c',
      './hello',
      '/usr/bin/ls -l /sys/kernel/btf',
      '/usr/bin/du --summarize .',
    ]) {
      const [file, ...args] = command.split(' ');
      assert.equal(spawnSync(file!, args, { cwd: directory }).status, 0, command);
      await terminal.until(command, (screen) => screen.includes(command));
    }
    await terminal.until('the status', (screen) => screen.includes('5 execs · ring 0 % full · 0 lost'));
    terminal.press('\x03');
    await terminal.ended;
    assert.match(terminal.lines.join('\n'), /^5 execs in .* s, 0 lost$/m);
    await draw(browser, 'execsnoop', leftOn(terminal), NARROW, {
      command: `ringtail execsnoop --ppid $$ ${options}`,
      description: 'Five programs as they start: time, process id and arguments of each. None was lost.',
    });
  });

  await t.test('top: rings, the stalled one first', async () => {
    const terminal = await openTop(DEMO_FILTER, 10);
    terminal.press('s');
    await frame(terminal, 'a stall of seconds', new RegExp(`${STALLED.ring} .* ([2-9]|\\d\\d)(\\.\\d)?s `));
    await draw(browser, 'top', terminal.screen.rows, WIDE, {
      command: 'ringtail top',
      description:
        'A live table of five rings: id, name, owner, size, fill, bytes per second in and out, unread bytes. ' +
        'One whose reader has hung up stands first, in red, with the age of its stall.',
    });
    terminal.press('q');
    await terminal.ended;
  });

  await t.test('top: one ring alone', async () => {
    const options = '--interval 250ms';
    const terminal = await openTop(BURSTY.process, 17, options);
    terminal.press('\x1b[B\r');
    await frame(terminal, 'some history', /in\/s .*[▁▂▃▄▅▆▇█]{32}/u);
    await draw(browser, 'top-ring', terminal.screen.rows, WIDE, {
      command: `ringtail top ${options}`,
      description:
        'One ring alone: its positions, unread bytes, stall, the time until it is full, its history as bars, ' +
        'advice on its size, the processes and programs that use it.',
    });
    terminal.press('qq');
    await terminal.ended;
  });

  await t.test('tail', async () => {
    const terminal = new Terminal(`tail ${TALKATIVE.ring} --max-events 8`, {
      columns: NARROW,
      isColoured: true,
    });
    await terminal.ended;
    await draw(browser, 'tail', leftOn(terminal), NARROW, {
      command: `ringtail tail ${TALKATIVE.ring} --max-events 8`,
      description:
        'Eight records of the ring of another process, a column for each member of their C struct. Nothing was skipped.',
    });
  });

  await t.test('the page: all rings, and one with its records', async () => {
    const stalled = page.locator('tr', { hasText: STALLED.ring }).locator('td.bad[data-label="stalled"]');
    await stalled.filter({ hasText: /^(?:[3-9]\d|\d{3,}) s$/ }).waitFor({ timeout: 60_000 });
    await page.screenshot({ path: `${OUTPUT}/page.png` });
    await page.locator('tr', { hasText: TALKATIVE.ring }).getByRole('button').click();
    await page.locator('#records-body tr').nth(9).waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize({ width: 1000, height: 760 });
    await page.evaluate('scrollTo(0, 0)');
    await page.screenshot({ path: `${OUTPUT}/page-ring.png` });
    await exporter.stop();
    for (const name of ['page', 'page-ring'])
      assert.ok(statSync(`${OUTPUT}/${name}.png`).size < 150_000, 'small enough for a README');
  });
});

/** Writes a picture, and lets Chromium look at it: well-formed, with all of its text, none of it outside. */
async function draw(
  browser: Browser,
  name: string,
  rows: readonly (readonly Cell[])[],
  columns: number,
  caption: Caption,
): Promise<void> {
  const file = `${OUTPUT}/${name}.svg`;
  writeFileSync(file, svgOf(rows, columns, caption));
  const written = wordsOf([`# ${caption.command}`, ...rows.map(textOf)]);
  const page = await browser.newPage();
  await page.goto(`file://${resolve(file)}`);
  const seen = (await page.evaluate(`({
    error: document.querySelector('parsererror')?.textContent,
    text: [...document.querySelectorAll('text')].map((line) => line.textContent),
    right: Math.max(...[...document.querySelectorAll('text')].map((line) => line.getBBox().x + line.getBBox().width)),
    width: document.documentElement.viewBox.baseVal.width,
  })`)) as { error?: string; text: string[]; right: number; width: number };
  await page.close();
  assert.equal(seen.error, undefined);
  assert.deepEqual(wordsOf(seen.text), written);
  assert.ok(seen.right < seen.width, `${seen.right} of ${seen.width}`);
}

function wordsOf(lines: readonly string[]): string[] {
  return lines.join(' ').trim().split(/\s+/);
}

/** `ringtail top` on a terminal, with those rings alone whose process has a part of a name. */
async function openTop(filter: string, rows: number, args = ''): Promise<Terminal> {
  const terminal = new Terminal(`top ${args}`, { rows, columns: WIDE, isColoured: true });
  await terminal.until('a frame', (screen) => screen.includes('ringtail top'));
  terminal.press(`/${filter}\r`);
  await terminal.until('the filter', (screen) => screen.includes(`filter "${filter}"`));
  return terminal;
}

/** Waits for a whole frame that shows something. */
async function frame(terminal: Terminal, what: string, pattern: RegExp): Promise<void> {
  await terminal.until(what, (screen) => terminal.output.endsWith('\x1b[?2026l') && pattern.test(screen));
}

/** What a command has left on its terminal, without what the shell says behind it. */
function leftOn({ screen }: Terminal): (readonly Cell[])[] {
  return screen.rows.filter((row) => !textOf(row).startsWith('status '));
}
