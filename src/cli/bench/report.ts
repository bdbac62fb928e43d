import { isMet, type Machine, type Target, type Work } from '../../bench/index.ts';
import { type Column, fit, headerLine, rowLine } from '../../text/index.ts';

/** The lines above all suites. */
export function headingLines(
  machine: Machine,
  peers: Readonly<Record<string, string>>,
  quick: boolean,
): string[] {
  const { cpu, cpus, arch, kernel, node, v8, mitigated, vulnerable } = machine;
  const flaws = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));
  return [
    `${cpu}, ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}, ${arch}, Linux ${kernel}, Node ${node} (V8 ${v8})`,
    `flaws of the CPU mitigated: ${flaws(mitigated)}; left open: ${flaws(vulnerable)}`,
    ...(Object.keys(peers).length === 0 ? [] : [`peers: ${peerVersions(peers)}`]),
    ...(quick ? ['quick: fewer works and rounds, rougher figures'] : []),
  ];
}

/** Names of peers, each with its version. */
export function peerVersions(peers: Readonly<Record<string, string>>): string {
  return Object.entries(peers)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
}

/** A work as a table: a line for each reader, its figures side by side. */
export function workLines(work: Work): string[] {
  const columns = columnsOf(work);
  const readers = [...new Set(work.figures.map(({ reader }) => reader))];
  const fitted = fit(columns, readers);
  const notes = work.figures.flatMap(({ reader, notes = [] }) => notes.map((note) => `  ${reader}: ${note}`));
  return [
    `${work.name}: ${work.title} (${work.method})`,
    headerLine(fitted).trimEnd(),
    ...readers.map((reader) => rowLine(fitted, reader).trimEnd()),
    ...notes,
    ...work.absent.map(({ reader, absent }) => `  ${reader}: absent: ${absent}`),
  ];
}

function columnsOf({ figures, reference }: Work): Column<string>[] {
  const quantities = [...new Set(figures.map(({ quantity }) => quantity))];
  const figureOf = (reader: string, quantity: string): Work['figures'][number] | undefined =>
    figures.find((figure) => figure.reader === reader && figure.quantity === quantity);
  const columns: Column<string>[] = [{ header: '  READER', width: 26, value: (reader) => `  ${reader}` }];
  for (const [i, quantity] of quantities.entries()) {
    const { unit } = figures.find((figure) => figure.quantity === quantity)!;
    const cell = (reader: string, show: (figure: Work['figures'][number]) => string): string => {
      const figure = figureOf(reader, quantity);
      return figure === undefined ? '-' : show(figure);
    };
    // A unit keeps its case: ms are not MS.
    const header = `${quantity.toUpperCase()}, ${unit}`;
    columns.push(
      {
        header,
        width: header.length,
        align: 'right',
        value: (reader) => cell(reader, ({ median }) => digits(median)),
      },
      {
        header: 'LEAST–MOST',
        width: 13,
        align: 'right',
        value: (reader) => cell(reader, ({ least, most }) => `${digits(least)}–${digits(most)}`),
      },
    );
    const base = figureOf(reference, quantity)?.median;
    if (i > 0 || base === undefined || base === 0) continue;
    columns.push({
      header: `× ${reference}`,
      width: 9,
      align: 'right',
      value: (reader) => cell(reader, ({ median }) => digits(median / base)),
    });
  }
  return columns;
}

const TARGET_COLUMNS: readonly Column<Target>[] = [
  { header: '  WORK', width: 20, value: ({ work }) => `  ${work}` },
  { header: 'TARGET', width: 10, value: ({ bound, limit, unit }) => `${bound} ${digits(limit)} ${unit}` },
  {
    header: 'MEASURED',
    width: 8,
    align: 'right',
    value: ({ measured }) => (measured === undefined ? '-' : digits(measured)),
  },
  { header: 'VERDICT', width: 7, value: verdict },
];

/** The table of what is promised. */
export function targetLines(targets: readonly Target[]): string[] {
  if (targets.length === 0) return [];
  const columns = fit(TARGET_COLUMNS, targets);
  return [
    'Targets, by medians of this run:',
    headerLine(columns),
    ...targets.map((target) => rowLine(columns, target)),
  ];
}

/** How a target came out, in words. */
export function verdict(target: Target): string {
  const met = isMet(target);
  return met === undefined ? 'not measured' : met ? 'met' : 'MISSED';
}

/** Three significant digits, and all of a whole number. */
export function digits(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en');
  return String(Number(value.toPrecision(3)));
}
