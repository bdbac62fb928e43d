/**
 * Drops of rings that belong to others, counted on the return of the kernel's helpers: fexit programs, which the machine of
 * the other tiers may refuse.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { load, type RingReport, type RingsReport, watchRings } from '../../src/index.ts';
import { DropCounter } from '../../src/metrics/drops.ts';
import type { PageReport } from '../../src/metrics/exporter/page-report.ts';
import { RINGTAIL } from '../kernel/support/cli.ts';
import { EventStream } from '../kernel/support/event-stream.ts';
import { Exporter } from '../kernel/support/exporter.ts';
import { asNobody } from '../kernel/support/privileges.ts';
import { PAGE, Producer } from '../kernel/support/producer.ts';
import { dynptr, FLOOD_BURST, floodSpec, output, reserve } from '../kernel/support/programs.ts';

/** The report on a ring. */
function ringOf(report: RingsReport, id: number): RingReport {
  return report.rings.find((ring) => ring.id === id)!;
}

test('failed reserve, output and reserve_dynptr are counted for each ring; what finds room is not', async () => {
  const programs = [reserve(), output(), dynptr()];
  await using full = await Producer.create(PAGE, programs);
  await using roomy = await Producer.create(4 * PAGE, programs);
  const reports: RingsReport[] = [];
  for await (const report of watchRings({ intervalMs: 200, drops: true })) {
    assert.equal(report.drops.state, 'counted');
    reports.push(report);
    if (reports.length === 3) break;
    for (let i = 0; i < PAGE / 16; i++) {
      for (const producer of [full, roomy]) producer.send(i, { by: 'reserve' });
    }
    for (let i = 0; i < 3; i++) assert.notEqual(full.send(i, { by: 'output' }), 0);
    for (let i = 0; i < 5; i++) assert.notEqual(full.send(i, { by: 'dynptr' }), 0);
    roomy.ring.consume(() => {});
  }
  const drops = reports.map((report) => ringOf(report, full.ring.mapId).drops);
  // The first round fills the ring; 1 reserve fails, since a ring is never completely full.
  const first = drops[1]! - drops[0]!;
  assert.ok(first >= 8n && first <= 9n, String(first));
  assert.equal(drops[2]! - drops[1]!, BigInt(PAGE / 16 + 8));
  assert.ok(ringOf(reports[2]!, full.ring.mapId).dropsPerSecond! > 0);
  assert.ok(reports.every((report) => ringOf(report, roomy.ring.mapId).drops === 0n));
});

test("the exporter's metrics and its page have them", async () => {
  const exporter = await Exporter.start('--drops', '--interval', '100ms');
  const page = await EventStream.open(`${exporter.url.origin}/events`);
  const first = await page.next<PageReport>('report');
  assert.equal(first.drops, 'counted');
  await using producer = await Producer.create(PAGE);
  const id = producer.ring.mapId;
  const untilDropped = (count: number): Promise<PageReport> =>
    page.next<PageReport>('report', ({ rings }) =>
      rings.some((ring) => ring.id === id && ring.drops === count),
    );
  await untilDropped(0);
  while (producer.send(0) === 0);
  for (let i = 0; i < 6; i++) producer.send(0);
  await untilDropped(7);
  assert.equal((await exporter.scrape()).ring(id, 'reserve_failures_total'), 7);
  const cost = (await exporter.scrape()).value('bpf_ringbuf_exporter_drops_cost_seconds')!;
  assert.ok(cost > 0 && cost < 0.001, `${cost} s`);
  page.close();
  await exporter.stop();
});

test('CAP_BPF and CAP_PERFMON are enough to count them', () => {
  const { status, stdout, stderr } = asNobody(
    ['CAP_BPF', 'CAP_PERFMON'],
    RINGTAIL,
    'top',
    '--once',
    '--json',
    '--drops',
    '--interval=100ms',
  );
  assert.equal(status, 0, stderr);
  assert.deepEqual((JSON.parse(stdout) as RingsReport).drops, { state: 'counted' });
});

test('rings of maps that are gone can be forgotten', async () => {
  const counter = await DropCounter.open();
  const producer = await Producer.create(PAGE);
  const id = producer.ring.mapId;
  while (producer.send(0) === 0);
  assert.equal(counter.read().get(id), 1n);
  counter.forget(id);
  assert.equal(counter.read().get(id), undefined);
  producer.send(0);
  assert.equal(counter.read().get(id), 1n);
  await producer.close();
  await counter.close();
});

test('what counting costs each reserve', async (t) => {
  const object = await load(floodSpec());
  /** Nanoseconds for each reserve and submit that finds room: the least of some runs. */
  const measure = (): number => {
    const runs = Array.from({ length: 7 }, () => {
      const { durationNs } = object.programs['flood']!.run({ data: new Uint8Array(64), repeat: 2000 });
      object.rings['ring']!.consume(() => {});
      return durationNs / FLOOD_BURST;
    });
    return Math.min(...runs);
  };
  measure();
  const without = measure();
  const counter = await DropCounter.open();
  assert.equal(counter.costNs(), undefined, 'nothing has run');
  measure();
  const costNs = counter.costNs()!;
  // The kernel does not take the time any more.
  const counted = measure();
  assert.equal(counter.costNs(), costNs);
  assert.ok(costNs > 0, `${costNs} ns`);
  await counter.close();
  t.diagnostic(
    `reserve and submit: ${without.toFixed(0)} ns, counted ${counted.toFixed(0)} ns; a run is told to take ${costNs} ns (emulated)`,
  );
  assert.ok(counted < 10 * without, 'an early return costs less');
  await object.close();
});
