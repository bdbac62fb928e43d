/** Chromium shows the exporter's page while a ring is flooded. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { compileC, load, RingMonitor } from '../../src/index.ts';
import { RingExporter } from '../../src/metrics/index.ts';
import { Exporter } from '../kernel/support/exporter.ts';
import { Flooder } from '../kernel/support/flooder.ts';
import { kernelTest as test } from '../kernel/support/privileged.ts';
import { until } from '../kernel/support/proc.ts';
import { PAGE, Producer } from '../kernel/support/producer.ts';

const OUTPUT = 'test-output';

/** A browser that a test that fails leaves to nobody. */
async function launch(t: TestContext): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  t.after(() => browser.close());
  return browser;
}

async function open(
  browser: Browser,
  url: string,
  options: object,
): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage(options);
  const errors: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text());
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  return { page, errors };
}

/** A ring's row of the table. */
function rowOf(page: Page, id: number): Locator {
  return page.locator('#rings tr', { has: page.getByRole('button', { name: `, id ${id}: details` }) });
}

function hasFocus(element: Locator): Promise<boolean> {
  return element.evaluate((node) => node.matches(':focus'));
}

/** Records that would be HTML, escape codes and a change of direction, if anything took them for that. */
const HOSTILE = `
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
struct hostile { __u64 number; char text[48]; };
struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
  __type(value, struct hostile);
} hostiles SEC(".maps");
__u64 number = 18446744073709551610ull;
SEC("socket") int send(void *ctx) {
  struct hostile *event = bpf_ringbuf_reserve(&hostiles, sizeof(*event), 0);
  if (!event) return 0;
  event->number = number++;
  __builtin_memcpy(event->text, "<img src=x onerror=alert(1)> \\x1b[2J\\u202e", 38);
  bpf_ringbuf_submit(event, 0);
  return 0;
}
char _license[] SEC("license") = "Dual BSD/GPL";
`;
const TEXT = '<img src=x onerror=alert(1)> \\x1b[2J\\u202e';

test('rates move, a stall stands out, details by keyboard; no errors, nothing from elsewhere', async (t) => {
  mkdirSync(OUTPUT, { recursive: true });
  await using producer = await Producer.create(16 * PAGE);
  const exporter = await Exporter.start('--interval', '200ms');
  const browser = await launch(t);
  const url = `http://${exporter.url.host}/`;
  const { page, errors } = await open(browser, url, { viewport: { width: 1100, height: 620 } });
  const hosts = new Set<string>();
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  const row = rowOf(page, producer.ring.mapId);
  await row.getByText('-', { exact: true }).first().waitFor();

  const flooder = Flooder.start(producer.ring.mapId, { cpu: 1, pauseMs: 5 });
  t.after(() => flooder.child.kill());
  const reader = new AbortController();
  const reading = (async () => {
    while (!reader.signal.aborted) await producer.ring.poll(() => {}, { timeoutMs: 50 });
  })();
  for (const direction of ['in/s', 'out/s']) {
    await row.locator(`td[data-label="${direction}"]`, { hasNotText: /^0 B$/ }).waitFor();
  }
  // The ring fills, and nobody reads it.
  reader.abort();
  await reading;
  const stalled = row.locator('td.bad[data-label="stalled"]');
  await stalled.waitFor();
  await flooder.child.kill();
  assert.match((await stalled.textContent())!, /^\d+ s$/);
  await page.screenshot({ path: `${OUTPUT}/page-stalled.png` });

  await row.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await page.getByText('output (').waitFor();
  await page.getByText('--allow-tap').waitFor();
  assert.ok(await hasFocus(page.locator('#details-title')));
  await page.screenshot({ path: `${OUTPUT}/page-details.png` });

  const phone = await open(browser, url, { viewport: { width: 390, height: 780 }, colorScheme: 'dark' });
  await phone.page.locator('tbody tr').first().waitFor();
  const overflow = await phone.page.evaluate('document.documentElement.scrollWidth > innerWidth');
  assert.equal(overflow, false, 'nothing is wider than a phone');
  await phone.page.screenshot({ path: `${OUTPUT}/page-phone-dark.png` });

  const { headers } = await fetch(url);
  const policy = headers.get('content-security-policy')!;
  assert.match(policy, /^default-src 'none'; script-src 'self'/);
  assert.doesNotMatch(policy, /unsafe|http/);
  assert.deepEqual([...errors, ...phone.errors], []);
  for (const host of hosts) assert.equal(host, exporter.url.host);
  await exporter.stop();
});

test("a ring's last records: as text, from the keyboard, until the page lets go; drops appear", async (t) => {
  await using hostile = await load(await compileC(HOSTILE, { name: 'hostile.c' }));
  const { mapId } = hostile.rings['hostiles']!;
  const send = (): unknown => hostile.programs['send']!.run({ data: new Uint8Array(64) });
  await using producer = await Producer.create(PAGE);
  const exporter = await RingExporter.start({
    host: '127.0.0.1',
    port: 0,
    intervalMs: 200,
    drops: true,
    allowTap: true,
  });
  t.after(() => exporter.close());
  const browser = await launch(t);
  const { page, errors } = await open(browser, exporter.url, {
    viewport: { width: 1100, height: 900 },
    colorScheme: 'dark',
  });
  const records = page.locator('#records-body tr');
  const cells = (): Promise<string[][]> =>
    records.evaluateAll((rows) =>
      rows.map((row) =>
        Array.from(
          (row as unknown as { cells: { textContent: string }[] }).cells,
          (cell) => cell.textContent,
        ),
      ),
    );
  for (let i = 0; i < 3; i++) send();

  // Its program counts what finds no room; whether all rings' drops can be seen is the kernel's to say.
  const row = rowOf(page, producer.ring.mapId);
  const drops = row.locator('td[data-label="drops"]');
  await drops.getByText('0', { exact: true }).waitFor();
  for (let sent = 0; sent < PAGE / 16 + 6; sent++) producer.send(sent);
  await row.locator('td.bad[data-label="drops"]').getByText('7', { exact: true }).waitFor();
  await page.getByText(/, 1 with drops/).waitFor();

  const name = page.getByRole('button', { name: /^hostiles, id / });
  await name.focus();
  await page.keyboard.press('Enter');
  await records.nth(2).waitFor();
  assert.deepEqual(await page.locator('#records-head th').allTextContents(), ['number', 'text']);
  const numbered = (number: bigint): string[] => [String(number), TEXT];
  const FIRST = 18446744073709551610n;
  assert.deepEqual(await cells(), [FIRST + 2n, FIRST + 1n, FIRST].map(numbered));
  await page.getByText('3 records, nothing skipped').waitFor();
  send();
  await page.getByText('4 records, nothing skipped').waitFor();
  assert.deepEqual((await cells())[0], numbered(FIRST + 3n));
  await page.screenshot({ path: `${OUTPUT}/page-records-dark.png` });

  // From the title the next stops are "All rings" and "Pause", which keeps the focus.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('status').getByText('Paused.').waitFor();
  send();
  const follow = page.getByRole('button', { name: 'Go on' });
  assert.ok(await hasFocus(follow));
  await page.keyboard.press('Enter');
  await page.getByText('5 records, nothing skipped').waitFor();
  assert.equal(await page.getByRole('status').getByText('Paused.').count(), 0);

  const phone = await open(browser, exporter.url, { viewport: { width: 390, height: 780 } });
  await phone.page.getByRole('button', { name: /^hostiles, id / }).click();
  await phone.page.getByText('5 records, nothing skipped').waitFor();
  assert.equal(await phone.page.evaluate('document.documentElement.scrollWidth > innerWidth'), false);
  await phone.page.screenshot({ path: `${OUTPUT}/page-records-phone.png`, fullPage: true });

  // The ring ends with its owner, although two pages look at it; whoever was there is led to the table.
  const monitor = RingMonitor.open(mapId);
  await hostile.close();
  await until('the ring to die with its owner', () => monitor.read() === undefined);
  await page.getByText(/^hostiles, id \d+: gone$/).waitFor();
  assert.ok(await hasFocus(page.locator('#rings-title')));
  assert.ok(await page.locator('#details').isHidden());

  assert.deepEqual([...errors, ...phone.errors], []);
});
