// What is in ops/ and docs/operations.md, by the tools that will read it: promtool, systemd-analyze.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { adviseSize } from '../../src/metrics/index.ts';
import { temporaryDirectory } from './support/corpus.ts';

const directory = temporaryDirectory('operations');
const DOCUMENT = readFileSync('docs/operations.md', 'utf8');
const DASHBOARD = 'ops/grafana-dashboard.json';
const METRIC = /\bbpf_ringbuf_\w+/g;

interface Target {
  readonly expr: string;
  readonly refId: string;
  readonly datasource: { readonly uid: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets: readonly Target[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: unknown }[] };
}

const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard;

/** Rows of the tables of a section, cell by cell. */
function rows(section: string): string[][] {
  const text = DOCUMENT.split(/^## /m).find((part) => part.startsWith(`${section}\n`));
  assert.ok(text !== undefined, section);
  const lines = text.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('|---'));
  return lines.map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** Name and type of every metric that docs/operations.md lists. */
const METRICS = new Map(
  rows('Metrics').flatMap(([name, type]) => {
    const [found] = name!.match(METRIC) ?? [];
    return found === undefined ? [] : [[found, type!] as const];
  }),
);

function promtool(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout;
}

test('the alert rules are valid, and fire when their tests say', () => {
  const [, count] = /(\d+) rules found/.exec(promtool('check', 'rules', 'ops/alerts.yml'))!;
  promtool('test', 'rules', 'ops/alerts.test.yml');
  const alerts = [...readFileSync('ops/alerts.yml', 'utf8').matchAll(/- alert: (\w+)/g)].map(
    ([, name]) => name!,
  );
  assert.equal(alerts.length, Number(count));
  const tests = readFileSync('ops/alerts.test.yml', 'utf8');
  for (const alert of alerts) {
    assert.match(
      tests,
      new RegExp(`alertname: ${alert}\\n\\s+eval_time: .*\\n\\s+exp_alerts`),
      `${alert} never fires`,
    );
    assert.match(tests, new RegExp(`alertname: ${alert}, eval_time`), `${alert} always fires`);
  }
  assert.deepEqual(
    rows('Alerts')
      .slice(1)
      .map(([name]) => name),
    alerts,
  );
});

test('dashboard, rules and their tests name metrics that are documented', () => {
  assert.ok(METRICS.size > 10);
  for (const file of [DASHBOARD, 'ops/alerts.yml', 'ops/alerts.test.yml']) {
    const named = new Set(readFileSync(file, 'utf8').match(METRIC));
    assert.ok(named.size > 4, file);
    for (const name of named) assert.ok(METRICS.has(name), `${file} has ${name}`);
  }
});

/** A query with Grafana's variables as it fills them in. */
function filledIn(expr: string): string {
  const variables: Record<string, string> = {
    __rate_interval: '5m',
    __range: '1h',
    job: '.*',
    instance: 'a|b',
    name: '.*',
  };
  return expr.replace(/\$(\w+)/g, (_, name: string) => variables[name] ?? assert.fail(`no variable ${name}`));
}

const INFO = { name: 'events', type: 'RINGBUF', owner: 'agent', programs: 'exec' };

function labelsOf(labels: Readonly<Record<string, string>>): string {
  return `{${Object.entries(labels).map(([name, value]) => `${name}="${value}"`)}}`;
}

test('every query of the dashboard gives something, given the metrics of an exporter', () => {
  // Two rings on each of two machines: labels that do not tell them apart make an error.
  const series = ['a', 'b'].flatMap((instance) => {
    const rings = ['7', '8'].map((id) => ({ job: 'ringtail', instance, map_id: id }));
    return [...METRICS].flatMap(([name, type]) => {
      const values = type === 'counter' ? '0+1x120' : '1x120';
      const info = name === 'bpf_ringbuf_info' ? INFO : {};
      const labels = name.startsWith('bpf_ringbuf_exporter_') ? [{ job: 'ringtail', instance }] : rings;
      return labels.map((set) => ({ series: `${name}${labelsOf({ ...set, ...info })}`, values }));
    });
  });
  const queries = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => filledIn(expr)));
  assert.ok(queries.length > 15);
  const promql_expr_test = queries.map((query) => ({
    expr: `count(${query}) > bool 0`,
    eval_time: '50m',
    exp_samples: [{ labels: '{}', value: 1 }],
  }));
  // YAML includes JSON.
  const file = join(directory, 'queries.test.yml');
  const document = {
    evaluation_interval: '30s',
    tests: [{ interval: '30s', input_series: series, promql_expr_test }],
  };
  writeFileSync(file, JSON.stringify(document));
  promtool('test', 'rules', file);
});

test('the dashboard can be imported: its data source is chosen there, panels have ids and do not overlap', () => {
  const { panels, templating } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const { targets, title } of panels) {
    for (const { datasource } of targets) assert.equal(datasource.uid, '${' + 'datasource}', title);
  }
  assert.deepEqual(
    templating.list.map(({ name }) => name),
    ['datasource', 'job', 'instance', 'name'],
  );
  const taken = new Set<string>();
  for (const { title, gridPos } of panels) {
    assert.ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        assert.ok(!taken.has(`${x} ${y}`), `${title} lies over another panel`);
        taken.add(`${x} ${y}`);
      }
    }
  }
});

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

test('systemd takes the unit, and finds it well confined', {
  skip: !hasSystemd && 'there is no systemd-analyze',
}, () => {
  const unit = readFileSync('ops/ringtail-exporter.service', 'utf8');
  assert.match(unit, /^ExecStart=ringtail exporter /m);
  const installed = fileURLToPath(new URL('../../../bin/ringtail.js', import.meta.url));
  const file = join(directory, 'ringtail-exporter.service');
  writeFileSync(file, unit.replace('ExecStart=ringtail', `ExecStart=${installed}`));
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  // In tenths, 0 to 100; what JavaScript and BPF need keeps it from 0.
  execFileSync('systemd-analyze', ['security', '--offline=yes', '--threshold=20', file], { stdio: 'pipe' });
});

test('the worked examples of sizes are those of ringtail top --advise', () => {
  const number = (text: string): number => Number(text.replaceAll(',', ''));
  const examples = rows('How large to make a ring').slice(1);
  assert.equal(examples.length, 4);
  for (const [what, payload, perSecond, away, bytes, size] of examples) {
    const record = 8 + Math.ceil(number(payload!) / 8) * 8;
    assert.equal((record * number(perSecond!) * number(away!)) / 1000, number(bytes!), what);
    const measured = {
      size: 4096,
      inPeakPerSecond: record * number(perSecond!),
      unreadMax: 0,
      drops: undefined,
    };
    const [, count, unit] = /^(\d+) ([KM])iB$/.exec(size!)!;
    const inBytes = Number(count) * (unit === 'K' ? 2 ** 10 : 2 ** 20);
    assert.equal(adviseSize(measured, number(away!)).suggestedSize, inBytes, what);
  }
});
