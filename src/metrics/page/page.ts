/** The live page: shows each report that the server sends. */
import './page.css';
import type { PageReport, PageRing } from '../exporter/page-report.ts';
import { createChart } from './chart.ts';
import { at, setText } from './dom.ts';
import { bytes, seconds } from './format.ts';
import { hideRecords, showRecords } from './records.ts';

/** Reports that the chart shows. */
const HISTORY = 300;
/** Consumers that poll now and then stand still for less. */
const STALL_MS = 1000;
/** Time until a server that refused is asked again. */
const RETRY_MS = 5000;

const times: number[] = [];
const history = new Map<number, (number | null)[]>();
const rows = new Map<number, Row>();
const facts = new Map<string, HTMLElement>();
const drawChart = createChart();
let chosen: number | undefined;
let latest: PageReport | undefined;

/** A row of the table, which is changed in place: focus and selection stay where they are. */
class Row {
  readonly element: HTMLTableRowElement = document.createElement('tr');
  readonly #meter: HTMLMeterElement = document.createElement('meter');
  readonly #cells: Record<string, HTMLTableCellElement> = {};
  readonly #unread: Text = document.createTextNode('');

  constructor({ id, name, size }: PageRing) {
    const heading = document.createElement('th');
    heading.scope = 'row';
    const button = heading.appendChild(document.createElement('button'));
    button.type = 'button';
    button.textContent = name || `#${id}`;
    button.setAttribute('aria-label', `${name || 'ring'}, id ${id}: details`);
    button.addEventListener('click', () => choose(id, true));
    this.element.append(heading);
    for (const label of ['owner', 'size', 'unread', 'most', 'in/s', 'out/s', 'stalled', 'drops']) {
      const cell = this.element.insertCell();
      if (label !== 'owner') cell.dataset['label'] = label;
      this.#cells[label] = cell;
    }
    this.#set('size', bytes(size));
    Object.assign(this.#meter, { max: size, low: 0.5 * size, high: 0.8 * size, optimum: 0 });
    this.#meter.setAttribute('aria-label', 'unread part');
    this.#cells['unread']!.append(this.#meter, this.#unread);
  }

  show(ring: PageRing, report: PageReport): void {
    this.#meter.value = ring.unread;
    this.#unread.data = `${bytes(ring.unread)} (${Math.round((100 * ring.unread) / ring.size)} %)`;
    this.#set('owner', ring.owner || '-');
    this.#set('most', bytes(ring.most), ring.most > 0.8 * ring.size ? 'warn' : '');
    this.#set('in/s', bytes(ring.in));
    this.#set('out/s', bytes(ring.out));
    this.#set('stalled', isStalled(ring) ? seconds(ring.stalledMs, 0) : '-', isStalled(ring) ? 'bad' : 'dim');
    this.#set('drops', dropsText(ring, report), ring.drops ? 'bad' : 'dim');
    this.element.classList.toggle('alarm', isStalled(ring) || Boolean(ring.drops));
  }

  #set(label: string, text: string, state = ''): void {
    const cell = this.#cells[label]!;
    setText(cell, text);
    const name = label === 'owner' ? state : `n ${state}`.trim();
    if (cell.className !== name) cell.className = name;
  }
}

function isStalled({ stalledMs }: PageRing): boolean {
  return stalledMs >= STALL_MS;
}

/** Unknown is not 0. */
function dropsText({ drops, type }: PageRing, report: PageReport): string {
  if (drops !== null) return String(drops);
  return report.drops === 'not observable' && type === 'RINGBUF' ? 'not observable' : '-';
}

/** @param focus whether the user chose, who is led there. */
function choose(id: number | undefined, focus: boolean): void {
  chosen = id;
  at('details').hidden = id === undefined;
  for (const [each, { element }] of rows) element.ariaCurrent = String(each === id);
  const isShown = id !== undefined && latest!.tap;
  at('records').hidden = !isShown;
  at('no-tap').hidden = isShown;
  setText(at('tail'), `ringtail tail ${id}`);
  if (isShown) showRecords(id);
  else hideRecords();
  draw();
  if (focus) (id === undefined ? at('rings-title') : at('details-title')).focus();
}

function draw(): void {
  if (latest === undefined) return;
  const ring = latest.rings.find(({ id }) => id === chosen);
  setText(
    at('charts-title'),
    ring ? `Bytes in each second: ${ring.name || `#${ring.id}`}` : 'Bytes in each second, all rings',
  );
  if (ring !== undefined) details(ring, latest);
  const values =
    chosen === undefined
      ? times.map((_, i) => [...history.values()].reduce((sum, each) => sum + (each[i] ?? 0), 0))
      : (history.get(chosen) ?? times.map(() => null));
  drawChart(times, values);
}

function details(ring: PageRing, report: PageReport): void {
  setText(at('details-title'), `${ring.name || 'Ring'}, id ${ring.id}`);
  const { fullInMs, busyMs, oldestMs } = ring;
  setFact('Type', ring.type);
  setFact('Oldest unread', oldestMs > 0 ? `at least ${seconds(oldestMs)}` : '-');
  setFact('Processes', ring.processes ?? 'not seen by this exporter');
  setFact('Record in writing', busyMs > 0 ? `for ${seconds(busyMs)}` : '-');
  setFact('Programs', ring.programs ?? 'takes CAP_SYS_ADMIN');
  setFact('Full, at this rate', fullInMs === null ? '-' : `in ${seconds(fullInMs)}`);
  setFact('Pins', ring.pins || 'none');
  setFact('Drops', dropsFact(ring, report));
}

function dropsFact(ring: PageRing, report: PageReport): string {
  if (ring.drops === null && ring.type === 'RINGBUF') {
    if (report.drops === 'off') return 'not counted (--drops)';
    if (report.drops === 'not observable') return `not observable: ${report.reason}`;
  }
  return dropsText(ring, report);
}

/** In place, so that a selection stays. */
function setFact(term: string, text: string): void {
  let place = facts.get(term);
  if (place === undefined) {
    const dt = document.createElement('dt');
    dt.textContent = term;
    place = document.createElement('dd');
    at('facts').append(dt, place);
    facts.set(term, place);
  }
  setText(place, text);
}

function receive(report: PageReport): void {
  latest = report;
  times.push(report.time / 1000);
  for (const ring of report.rings) {
    const values = history.get(ring.id) ?? times.slice(1).map(() => null);
    values.push(ring.in);
    history.set(ring.id, values);
    const row = rows.get(ring.id) ?? new Row(ring);
    row.show(ring, report);
    if (!rows.has(ring.id)) at('rings').append(row.element);
    rows.set(ring.id, row);
  }
  const there = new Set(report.rings.map(({ id }) => id));
  for (const id of rows.keys()) if (!there.has(id)) forget(id);
  if (times.length > HISTORY) {
    times.shift();
    for (const values of history.values()) values.shift();
  }
  at('none').hidden = report.rings.length > 0;
  setText(at('summary'), summary(report));
  draw();
}

/** Takes away a ring that is gone. Who was there finds the focus at the table. */
function forget(id: number): void {
  const { element } = rows.get(id)!;
  const active = document.activeElement;
  const hadFocus = element.contains(active) || (id === chosen && at('details').contains(active));
  element.remove();
  rows.delete(id);
  history.delete(id);
  if (id === chosen) {
    setText(at('state'), `${at('details-title').textContent}: gone`);
    choose(undefined, false);
  }
  if (hadFocus) at('rings-title').focus();
}

function summary({ rings, drops }: PageReport): string {
  const dropping = rings.filter((ring) => ring.drops).length;
  const notes = { counted: [], off: ['drops not counted'], 'not observable': ['drops not observable'] };
  return [
    `${rings.length} ${rings.length === 1 ? 'ring' : 'rings'}`,
    `${rings.filter(isStalled).length} stalled`,
    // Programs may count their own, whatever the kernel allows.
    ...(dropping > 0 ? [`${dropping} with drops`] : notes[drops]),
  ].join(', ');
}

function connect(): void {
  const source = new EventSource('events');
  source.addEventListener('open', () => setText(at('state'), ''));
  source.addEventListener('report', ({ data }: MessageEvent<string>) =>
    receive(JSON.parse(data) as PageReport),
  );
  source.addEventListener('error', () => {
    const isRefused = source.readyState === EventSource.CLOSED;
    setText(
      at('state'),
      isRefused ? 'too many pages are open; trying again' : 'connection lost; trying again',
    );
    if (isRefused) setTimeout(connect, RETRY_MS);
  });
}

at('close').addEventListener('click', () => choose(undefined, true));
connect();
