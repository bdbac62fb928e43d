import { join } from 'node:path';
import { spread } from '../statistics.ts';
import type { Absence, Figure, Suite, SuiteContext, Target, Work } from '../suite.ts';
import { medianOf, target } from '../target.ts';
import { PACKAGE, type Started, startTracer, timeToEnd } from './run.ts';

/** How soon programs are at work. */
export const start: Suite = {
  name: 'start',
  title: 'From nothing to work',
  async run(context) {
    const rounds = context.quick ? 5 : 15;
    const works = [
      importing(rounds, part(context, 0, 'import')),
      await execsnoop(rounds, part(context, 1 / 2, 'execsnoop')),
    ];
    return { works, targets: startTargets(works) };
  },
};

function part({ progress }: SuiteContext, from: number, what: string): (share: number) => void {
  return (share) => progress(from + share / 2, what);
}

const IMPORTS = { 'bare Node': '', ringtail: "import 'ringtail';" };

function importing(rounds: number, progress: (share: number) => void): Work {
  const times = Object.entries(IMPORTS).map(([reader, text]) => ({ reader, text, ms: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    progress(round / rounds);
    for (const { text, ms } of times) {
      const took = timeToEnd([process.execPath, '--input-type=module', '-e', text]);
      // The first one fills caches.
      if (round > 0) ms.push(took);
    }
  }
  return {
    name: 'import',
    title: 'a program that imports the package and does nothing',
    method: methodOf(rounds),
    reference: 'bare Node',
    figures: times.map(({ reader, ms }) => ({ reader, quantity: 'time', unit: 'ms', ...spread(ms) })),
    absent: [],
  };
}

/** `ringtail execsnoop`, for the children of this process alone. */
async function execsnoop(rounds: number, progress: (share: number) => void): Promise<Work> {
  const reader = 'ringtail execsnoop';
  const command = [
    process.execPath,
    join(PACKAGE, 'bin/ringtail.js'),
    'execsnoop',
    '-P',
    String(process.pid),
  ] as const;
  const all: Started[] = [];
  const absent: Absence[] = [];
  // The first one fills caches.
  for (let round = 0; round <= rounds && absent.length === 0; round++) {
    progress(round / rounds);
    const started = await startTracer(command);
    if ('absent' in started) absent.push({ reader, ...started });
    else if (round > 0) all.push(started);
  }
  const figure = (quantity: string, unit: string, value: (started: Started) => number): Figure[] =>
    all.length === 0 ? [] : [{ reader, quantity, unit, ...spread(all.map(value)) }];
  return {
    name: 'execsnoop',
    title: 'a tracer, to its header, and to the line of a program that was started then',
    method: methodOf(rounds),
    reference: reader,
    figures: [
      ...figure('header', 'ms', ({ headerMs }) => headerMs),
      ...figure('first event', 'ms', ({ firstEventMs }) => firstEventMs),
      ...figure('resident', 'MB', ({ residentMb }) => residentMb),
    ],
    absent,
  };
}

function methodOf(rounds: number): string {
  return `${rounds} starts after one that fills caches`;
}

function startTargets(works: readonly Work[]): Target[] {
  const of = (name: string, reader: string, quantity: string): number | undefined =>
    medianOf(works.find((work) => work.name === name)!.figures, reader, quantity);
  const [bare, imported] = ['bare Node', 'ringtail'].map((reader) => of('import', reader, 'time'));
  const above = bare === undefined || imported === undefined ? undefined : imported - bare;
  return [
    target('import of the package', 'at most', 40, 'ms above bare Node', above),
    target('execsnoop to its header', 'at most', 250, 'ms', of('execsnoop', 'ringtail execsnoop', 'header')),
    target('execsnoop, resident', 'at most', 80, 'MB', of('execsnoop', 'ringtail execsnoop', 'resident')),
  ];
}
