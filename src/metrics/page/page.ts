/** The live page: shows each report that the exporter sends. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import './page.css';
import type { PageReport, PageRing } from '../exporter/page-report.ts';

/** Reports that the chart shows. */
const HISTORY = 300;
/** Consumers that poll now and then stand still for less. */
const STALL_MS = 1000;

const at = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;
const times: number[] = [];
const history = new Map<number, (number | null)[]>();
const rows = new Map<number, Row>();
let chosen: number | undefined;
let latest: PageReport | undefined;

/** A row of the table, which is changed in place: focus and selection stay where they are. */
class Row {
  readonly element: HTMLTableRowElement = document.createElement('tr');
  readonly #button: HTMLButtonElement = document.createElement('button');
  readonly #meter: HTMLMeterElement = document.createElement('meter');
  readonly #cells: Record<string, HTMLTableCellElement> = {};
  readonly #unread: Text = document.createTextNode('');

  constructor(id: number) {
    const name = document.createElement('th');
    name.scope = 'row';
    this.#button.type = 'button';
    this.#button.addEventListener('click', () => choose(id, true));
    name.append(this.#button);
    this.element.append(name);
    for (const label of ['owner', 'size', 'unread', 'most', 'in/s', 'out/s', 'stalled', 'lost']) {
      const cell = this.element.insertCell();
      if (label !== 'owner') cell.dataset['label'] = label;
      cell.className = label === 'owner' ? '' : label === 'unread' ? 'fill' : 'n';
      this.#cells[label] = cell;
    }
    this.#cells['unread']!.append(this.#meter, this.#unread);
  }

  show(ring: PageRing): void {
    this.#button.textContent = ring.name || `#${ring.id}`;
    this.#button.setAttribute('aria-label', `${ring.name || 'ring'}, id ${ring.id}: details`);
    this.#meter.max = ring.size;
    this.#meter.value = ring.unread;
    this.#meter.high = 0.8 * ring.size;
    this.#meter.low = 0.5 * ring.size;
    this.#meter.optimum = 0;
    this.#unread.data = `${bytes(ring.unread)} (${Math.round((100 * ring.unread) / ring.size)} %)`;
    this.#set('owner', ring.owner || '-');
    this.#set('size', bytes(ring.size));
    this.#set('most', bytes(ring.most), ring.most > 0.8 * ring.size ? 'warn' : '');
    this.#set('in/s', bytes(ring.in));
    this.#set('out/s', bytes(ring.out));
    this.#set('stalled', stallText(ring), ring.stalledMs >= STALL_MS ? 'bad' : 'dim');
    this.#set('lost', ring.lost === null ? '?' : String(ring.lost), ring.lost ? 'bad' : 'dim');
    if (ring.lost === null) this.#cells['lost']!.title = 'not counted';
  }

  #set(label: string, text: string, state = ''): void {
    const cell = this.#cells[label]!;
    if (cell.textContent !== text) cell.textContent = text;
    const name = label === 'owner' ? state : `n ${state}`.trim();
    if (cell.className !== name) cell.className = name;
  }
}

function bytes(value: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  let scaled = value;
  for (; scaled >= 1000 && unit < units.length - 1; unit++) scaled /= 1024;
  return `${unit === 0 ? Math.round(scaled) : scaled.toPrecision(3)} ${units[unit]}`;
}

/** Seconds since 1970 as the time of day here. */
function clock(seconds: number): string {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}

function stallText({ stalledMs }: PageRing): string {
  return stalledMs >= STALL_MS ? `${(stalledMs / 1000).toFixed(0)} s` : '-';
}

function choose(id: number | undefined, focus: boolean): void {
  chosen = id;
  at('details').hidden = id === undefined;
  draw();
  if (focus) (id === undefined ? at('rings-title') : at('details-title')).focus();
}

function draw(): void {
  if (latest === undefined) return;
  const ring = latest.rings.find(({ id }) => id === chosen);
  at('charts-title').textContent = ring
    ? `Bytes in each second: ${ring.name || `#${ring.id}`}`
    : 'Bytes in each second, all rings';
  if (ring !== undefined) details(ring);
  const series =
    chosen === undefined
      ? times.map((_, i) => [...history.values()].reduce((sum, values) => sum + (values[i] ?? 0), 0))
      : (history.get(chosen) ?? times.map(() => null));
  chart.setData([times, series]);
}

function details(ring: PageRing): void {
  at('details-title').textContent = `${ring.name || 'Ring'}, id ${ring.id}`;
  const facts: [string, string][] = [
    ['Type', ring.type],
    ['Processes', ring.processes ?? 'not seen by this exporter'],
    ['Programs', ring.programs ?? 'takes CAP_SYS_ADMIN'],
    ['Pins', ring.pins || 'none'],
    ['Oldest unread', ring.oldestMs > 0 ? `at least ${(ring.oldestMs / 1000).toFixed(1)} s` : '-'],
    ['Record in writing', ring.busyMs > 0 ? `for ${(ring.busyMs / 1000).toFixed(1)} s` : '-'],
    ['Full, at this rate', ring.fullInMs === null ? '-' : `in ${(ring.fullInMs / 1000).toFixed(1)} s`],
  ];
  at('facts').replaceChildren(
    ...facts.flatMap(([term, text]) => {
      const [dt, dd] = [document.createElement('dt'), document.createElement('dd')];
      dt.textContent = term;
      dd.textContent = text;
      return [dt, dd];
    }),
  );
}

function receive(report: PageReport): void {
  latest = report;
  times.push(report.time / 1000);
  const there = new Set(report.rings.map(({ id }) => id));
  for (const ring of report.rings) {
    const values = history.get(ring.id) ?? times.slice(1).map(() => null);
    values.push(ring.in);
    history.set(ring.id, values);
    const row = rows.get(ring.id) ?? new Row(ring.id);
    row.show(ring);
    if (!rows.has(ring.id)) at('rings').append(row.element);
    rows.set(ring.id, row);
  }
  for (const [id, row] of rows) {
    if (there.has(id)) continue;
    row.element.remove();
    rows.delete(id);
    history.delete(id);
    if (id === chosen) choose(undefined, false);
  }
  if (times.length > HISTORY) {
    times.shift();
    for (const values of history.values()) values.shift();
  }
  at('none').hidden = report.rings.length > 0;
  const stalled = report.rings.filter(({ stalledMs }) => stalledMs >= STALL_MS).length;
  const drops = {
    counted: '',
    off: '; losses are not counted',
    'not observable': '; losses cannot be observed',
  };
  at('summary').textContent =
    `${report.rings.length} ${report.rings.length === 1 ? 'ring' : 'rings'}, ${stalled} stalled${drops[report.drops]}`;
  draw();
}

const style = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const size = (): { width: number; height: number } => {
  const { clientWidth: width, clientHeight: height } = at('chart');
  return { width, height };
};
const axis = (): uPlot.Axis => ({
  stroke: () => style('--dim'),
  grid: { stroke: () => style('--line'), width: 1 },
  ticks: { show: false },
});
const chart = new uPlot(
  {
    ...size(),
    legend: { show: false },
    cursor: { y: false },
    scales: {
      // A minute at least, as it fills from the right; one record is no mountain.
      x: { range: (_plot, _min, max) => [Math.min(times[0] ?? max, max - 60), max] },
      y: { range: (_plot, _min, max) => [0, Math.max(max, 1024) * 1.1] },
    },
    axes: [
      { ...axis(), space: 90, values: (_plot, ticks) => ticks.map(clock) },
      { ...axis(), size: 72, values: (_plot, ticks) => ticks.map(bytes) },
    ],
    series: [{}, { stroke: () => style('--in'), width: 1.5, points: { show: false } }],
  },
  [[], []],
  at('chart'),
);
new ResizeObserver(() => chart.setSize(size())).observe(at('chart'));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.redraw());
at('close').addEventListener('click', () => choose(undefined, true));
at('rings-title').tabIndex = -1;

const source = new EventSource('events');
source.addEventListener('open', () => {
  at('state').textContent = '';
});
source.addEventListener('error', () => {
  at('state').textContent = 'connection lost; trying again';
});
source.addEventListener('message', ({ data }) => receive(JSON.parse(data) as PageReport));
