import type { Figure, Work } from '../../src/bench/index.ts';
import { digits } from '../../src/cli/bench/report.ts';
import { type Scale, scaleFor } from './scale.ts';

const WIDTH = 820;
/** Where the axis begins and ends, in pixels from the left. */
const AXIS = { from: 210, to: 690 } as const;
const ROW = 18;
const TITLE = 26;
const AXIS_HEIGHT = 46;
const CAPTION = 34;

/** Legible on light and dark: it brings its own ground. */
const STYLE = `
  svg { --ground: #ffffff; --ink: #1f2328; --faint: #d0d7de; --soft: #59636e; --own: #0969da; --peer: #8a6d3b; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --ink: #f0f6fc; --faint: #30363d; --soft: #9198a1; --own: #58a6ff; --peer: #d4a72c; }
  }
  text { font: 12px system-ui, sans-serif; fill: var(--ink); }
  .work { font-weight: 600; }
  .soft { fill: var(--soft); }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .ground { fill: var(--ground); }
  .grid { stroke: var(--faint); }
  .own { fill: var(--own); stroke: var(--own); }
  .peer { fill: var(--peer); stroke: var(--peer); }
  line { stroke-width: 1; }
  line.own, line.peer { stroke-width: 2; }`;

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  /** Machine and versions; one line each. */
  readonly caption: readonly string[];
  readonly works: readonly Work[];
  /** Names of the peers, whose readers have another colour. */
  readonly peers: readonly string[];
}

/** Works whose figures have one unit, and so one axis. */
interface Section {
  readonly axis: string;
  readonly works: readonly { readonly title: string; readonly figures: readonly Figure[] }[];
}

/**
 * Draws a suite: for each work a line for each reader, with a dot at the median, whiskers from the least to the most, and the
 * median in digits. Of works that measure several quantities the first one is shown, which the work is about.
 *
 * @returns an SVG document.
 */
export function drawChart({ title, caption, works, peers }: Chart): string {
  const parts: string[] = [];
  let y = 8;
  for (const { axis, works: shown } of sectionsOf(works)) {
    const figures = shown.flatMap((work) => work.figures);
    const scale = scaleFor(figures.flatMap(({ least, most, median }) => [least, median, most]));
    const top = y;
    for (const work of shown) {
      y += TITLE;
      parts.push(text(12, y - 8, 'work', work.title));
      for (const figure of work.figures) {
        parts.push(...row(y, scale, figure, peers));
        y += ROW;
      }
    }
    parts.unshift(...grid(scale, top + TITLE - 4, y));
    for (const tick of scale.ticks) parts.push(text(at(scale, tick), y + 16, 'soft middle', digits(tick)));
    parts.push(text((AXIS.from + AXIS.to) / 2, y + 34, 'soft middle', axis));
    y += AXIS_HEIGHT;
  }
  caption.forEach((line, i) => {
    parts.push(text(12, y + 16 + i * 15, 'soft', line));
  });
  const height = y + CAPTION + caption.length * 10;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function sectionsOf(works: readonly Work[]): Section[] {
  const sections = new Map<string, { title: string; figures: Figure[] }[]>();
  for (const { title, figures } of works) {
    const [first] = figures;
    if (first === undefined) continue;
    const axis = `${first.quantity}, ${first.unit}`;
    const shown = figures.filter(({ quantity }) => quantity === first.quantity);
    sections.set(axis, [...(sections.get(axis) ?? []), { title, figures: shown }]);
  }
  return [...sections].map(([axis, works]) => ({ axis, works }));
}

function row(
  y: number,
  scale: Scale,
  { reader, median, least, most }: Figure,
  peers: readonly string[],
): string[] {
  const owner = peers.includes(reader.split(' ')[0]!) ? 'peer' : 'own';
  const middle = y + ROW / 2;
  const [from, to] = [at(scale, least), at(scale, most)];
  return [
    text(AXIS.from - 10, middle + 4, 'end', reader),
    `<line class="${owner}" x1="${from}" y1="${middle}" x2="${to}" y2="${middle}"/>`,
    ...[from, to].map(
      (x) => `<line class="${owner}" x1="${x}" y1="${middle - 4}" x2="${x}" y2="${middle + 4}"/>`,
    ),
    `<circle class="${owner}" cx="${at(scale, median)}" cy="${middle}" r="4"/>`,
    text(WIDTH - 12, middle + 4, 'end', digits(median)),
  ];
}

function grid(scale: Scale, from: number, to: number): string[] {
  return scale.ticks.map((tick) => {
    const x = at(scale, tick);
    return `<line class="grid" x1="${x}" y1="${from}" x2="${x}" y2="${to}"/>`;
  });
}

/** Pixels from the left, to a tenth. */
function at(scale: Scale, value: number): number {
  return Math.round((AXIS.from + scale.place(value) * (AXIS.to - AXIS.from)) * 10) / 10;
}

function text(x: number, y: number, style: string, content: string): string {
  return `<text class="${style}" x="${x}" y="${y}">${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
