import { Command } from 'commander';
import { escapeText, jsonLine } from '../text/index.ts';
import { type DoctorReport, examine, type Finding } from '../tools/index.ts';
import { type Paint, paintFor } from './colour.ts';
import { printLines } from './print.ts';

/** `ringtail doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('what this machine allows, what is in the way, and what to do about it')
    .option('--json', 'the findings as JSON')
    .action(run);
}

async function run({ json }: { json?: boolean }): Promise<void> {
  const report = await examine();
  printLines(json ? [jsonLine(report)] : reportLines(report, paintFor(process.stdout)));
  if (!report.works) process.exitCode = 1;
}

/** The report as lines for a reader. */
export function reportLines({ machine, attach, hereAndNow }: DoctorReport, paint: Paint): string[] {
  return [
    'This machine:',
    ...findingLines(machine, paint),
    'Attaching, each way tried:',
    ...findingLines(attach, paint),
    'Here and now:',
    ...findingLines(hereAndNow, paint),
  ];
}

const MARKS = { ok: ['green', '✓'], warn: ['yellow', '!'], fail: ['red', '✗'] } as const;

/** One line for each finding, and its remedy below; a remedy that several in a row share, below the last of them. */
function findingLines(findings: readonly Finding[], paint: Paint): string[] {
  const width = Math.max(...findings.map(({ topic }) => topic.length));
  return findings.flatMap(({ topic, verdict, detail, remedy }, i) => {
    const [colour, mark] = MARKS[verdict];
    const line = `  ${paint(colour, mark)} ${topic.padEnd(width)}  ${escapeText(detail)}`;
    if (remedy === undefined || remedy === findings[i + 1]?.remedy) return [line];
    return [line, `      ${paint('dim', escapeText(remedy))}`];
  });
}
