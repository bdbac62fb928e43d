/** The last records of the chosen ring, as they come. */
import type { PageColumns, PageRecords } from '../exporter/page-report.ts';
import { at, setText } from './dom.ts';

/** Records that stay on the page. */
const MOST_ROWS = 50;
/** Longest text that is kept on one line: a number of 64 bits, a name. */
const LONGEST_WHOLE = 24;

let ring: number | undefined;
let source: EventSource | undefined;
/** Classes of the columns. */
let classes: string[] = [];

/** Follows a ring. */
export function showRecords(id: number): void {
  ring = id;
  at('records-head').replaceChildren();
  at('records-body').replaceChildren();
  setText(at('records-count'), '');
  follow();
}

/** Lets go of the ring. */
export function hideRecords(): void {
  stop('');
  ring = undefined;
}

function follow(): void {
  source?.close();
  source = new EventSource(`records/${ring}`);
  const on = (name: string, listener: (data: unknown) => void): void =>
    source!.addEventListener(name, ({ data }: MessageEvent<string>) => listener(JSON.parse(data)));
  on('columns', (data) => begin(data as PageColumns));
  on('records', (data) => add(data as PageRecords));
  on('end', (reason) => stop(`Ended: ${reason}.`));
  source.addEventListener('error', () => {
    if (source?.readyState === EventSource.CLOSED) stop('Ended: no answer.');
    else setText(at('records-state'), 'Connection lost; trying again.');
  });
  setText(at('records-state'), '');
  setText(at('follow'), 'Pause');
}

function stop(state: string): void {
  source?.close();
  source = undefined;
  setText(at('records-state'), state);
  setText(at('follow'), 'Go on');
}

/** Of a stream that was lost, too: its records come again. */
function begin({ columns, hint }: PageColumns): void {
  classes = columns.map(({ isNumber }) => (isNumber ? 'n' : ''));
  const row = document.createElement('tr');
  columns.forEach(({ header }, i) => {
    const cell = row.appendChild(document.createElement('th'));
    cell.scope = 'col';
    cell.className = classes[i]!;
    cell.textContent = header.toLowerCase();
  });
  at('records-head').replaceChildren(row);
  at('records-body').replaceChildren();
  setText(at('records-state'), hint === null ? '' : `As bytes: ${hint}.`);
}

/** The newest comes first. Nothing of a record is ever taken for HTML. */
function add({ rows, text }: PageRecords): void {
  const body = at<HTMLTableSectionElement>('records-body');
  for (const cells of rows) {
    const row = body.insertRow(0);
    cells.forEach((value, i) => {
      const cell = row.insertCell();
      cell.className = classes[i]!;
      cell.classList.toggle('whole', value.length <= LONGEST_WHOLE);
      cell.textContent = value;
    });
  }
  while (body.rows.length > MOST_ROWS) body.deleteRow(-1);
  setText(at('records-count'), text);
}

// Not every browser lets the keyboard into what can be scrolled.
at('records-scroll').tabIndex = 0;
at('follow').addEventListener('click', () => {
  if (source === undefined) follow();
  else stop('Paused.');
});
