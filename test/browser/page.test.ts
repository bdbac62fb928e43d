/** Chromium shows the exporter's page while a ring is flooded. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { Exporter } from '../kernel/support/exporter.ts';
import { Flooder } from '../kernel/support/flooder.ts';
import { kernelTest as test } from '../kernel/support/privileged.ts';
import { PAGE, Producer } from '../kernel/support/producer.ts';

const OUTPUT = 'test-output';

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

test('rates move, a stall stands out, details by keyboard; no errors, nothing from elsewhere', async () => {
  mkdirSync(OUTPUT, { recursive: true });
  await using producer = await Producer.create(16 * PAGE);
  const exporter = await Exporter.start('--interval', '200ms');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const url = `http://${exporter.url.host}/`;
  const { page, errors } = await open(browser, url, { viewport: { width: 1100, height: 620 } });
  const hosts = new Set<string>();
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  const row = page.locator('tbody tr', { hasText: `node/${process.pid}` });
  await row.getByText('-', { exact: true }).first().waitFor();

  const flooder = Flooder.start(producer.ring.mapId, { cpu: 1, total: 40_000 });
  await flooder.began();
  const rate = row.locator('td[data-label="in/s"]');
  await page.waitForFunction(
    (cell) => cell !== null && !/^0 B$/.test(cell.textContent ?? ''),
    await rate.elementHandle(),
  );
  // Full, and nobody reads it: the flood waits for nothing.
  await flooder.child.kill();
  const stalled = row.locator('td.bad[data-label="stalled"]');
  await stalled.waitFor();
  assert.match((await stalled.textContent())!, /^\d+ s$/);
  await page.screenshot({ path: `${OUTPUT}/page.png` });

  await row.getByRole('button').focus();
  await page.keyboard.press('Enter');
  await page.getByText('output (').waitFor();
  assert.equal(
    await page.evaluate(
      () => (globalThis as { document?: { activeElement: { id: string } } }).document!.activeElement.id,
    ),
    'details-title',
  );
  await page.screenshot({ path: `${OUTPUT}/page-details.png` });

  const phone = await open(browser, url, { viewport: { width: 390, height: 780 }, colorScheme: 'dark' });
  await phone.page.locator('tbody tr').first().waitFor();
  const overflow = await phone.page.evaluate('document.documentElement.scrollWidth > innerWidth');
  assert.equal(overflow, false, 'nothing is wider than a phone');
  await phone.page.screenshot({ path: `${OUTPUT}/page-phone-dark.png` });

  const { headers } = await fetch(url);
  assert.match(headers.get('content-security-policy')!, /^default-src 'none'; script-src 'self'/);
  assert.deepEqual([...errors, ...phone.errors], []);
  for (const host of hosts) assert.equal(host, exporter.url.host);
  await browser.close();
  await exporter.stop();
});
