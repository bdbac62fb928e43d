import { Command, InvalidArgumentError, Option } from 'commander';
import { nearest } from '../errors/index.ts';
import type { Column } from '../text/index.ts';
import {
  CgroupPaths,
  cgroupsOfProcess,
  containerOf,
  DEFAULT_BUFFER_SIZE,
  DEFAULT_MAX_ARGS,
  type ExecEvent,
  execsnoop,
  findCgroup,
} from '../tools/index.ts';
import { parseDuration, parsePattern, parseSize, parseWhole } from './options.ts';
import { printStream } from './stream.ts';

interface Options {
  failed?: boolean;
  time?: boolean;
  timestamp?: boolean;
  uid?: number;
  printUid?: boolean;
  ppid?: number;
  pid?: number;
  name?: RegExp;
  line?: RegExp;
  quote?: boolean;
  maxArgs?: number;
  cgroup?: string;
  columns?: ColumnName[];
  json?: boolean;
  maxEvents?: number;
  duration?: number;
  bufferSize: number;
}

/** `ringtail execsnoop` */
export function execsnoopCommand(): Command {
  return new Command('execsnoop')
    .description('print every program that starts, as it starts')
    .option('-x, --failed', 'failed execs too, with RET (hooks every system call: about 100 ns each)')
    .option('-T, --time', 'wall-clock time')
    .option('-t, --timestamp', 'seconds since the start')
    .option('-u, --uid <uid>', 'only this user', parseWhole(0))
    .option('-U, --print-uid', 'the UID column')
    .option('-P, --ppid <pid>', 'only children of this process', parseWhole(0))
    .option('-p, --pid <pid>', 'only this process', parseWhole(0))
    .option('-n, --name <pattern>', 'only programs whose name or path matches', parsePattern)
    .option('-l, --line <pattern>', 'only those with an argument that matches', parsePattern)
    .option('-q, --quote', 'arguments, each in quotes')
    .option('--max-args <n>', `arguments, at most n (${DEFAULT_MAX_ARGS} unless told)`, parseWhole(0, 60))
    .option('-c, --cgroup <path>', 'only this cgroup (v2) and those below it')
    .option('--columns <list>', `columns to print: ${Object.keys(COLUMNS).join(',')}`, parseColumns)
    .option('--json', 'a line of JSON for each event')
    .option('--max-events <n>', 'end after n events', parseWhole(1))
    .option('--duration <time>', 'end after this time: 10s, 500ms, 5m', parseDuration)
    .addOption(
      new Option('--buffer-size <size>', 'size of the ring: a power of two, such as 1M')
        .argParser(parseSize)
        .default(DEFAULT_BUFFER_SIZE, '256K'),
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const cgroup = options.cgroup === undefined ? undefined : findCgroup(options.cgroup);
  const tracer = await execsnoop({ ...options, cgroup });
  const names = options.columns ?? defaultColumns(options);
  const columns = names.map((name) => COLUMNS[name](options));
  try {
    await printStream<ExecEvent>(
      {
        batches: (signal) => tracer.batches({ signal }),
        columns,
        json: ({ elapsed: _, ...event }) => ({ ...event, ...cgroupOf(event) }),
        state: () => ({ fill: tracer.ring.stats().available / options.bufferSize, lost: tracer.lost() }),
        noun: 'execs',
      },
      options,
    );
  } finally {
    await tracer.close();
  }
}

const cgroups = new CgroupPaths();

/** By the id that the kernel noted; on a machine that keeps its processes in cgroup v1, by /proc while it lives. */
function cgroupOf(event: Pick<ExecEvent, 'cgroupId' | 'pid'>): {
  cgroup: string;
  container: string | undefined;
} {
  const path = cgroups.path(event.cgroupId);
  const others = path === undefined || path === '/' ? cgroupsOfProcess(event.pid) : [];
  const container = [path ?? '', ...others].map(containerOf).find((name) => name !== undefined);
  return { cgroup: path ?? others.at(-1) ?? '', container };
}

const COLUMNS = {
  time: () => ({ header: 'TIME', width: 8, value: (e) => e.time.toTimeString().slice(0, 8) }),
  timestamp: () => ({ header: 'TIME(s)', width: 10, value: (e) => e.elapsed.toFixed(6) }),
  uid: () => ({ header: 'UID', width: 6, value: (e) => String(e.uid) }),
  pid: () => ({ header: 'PID', width: 8, value: (e) => String(e.pid) }),
  ppid: () => ({ header: 'PPID', width: 8, value: (e) => String(e.ppid) }),
  ret: () => ({ header: 'RET', width: 4, align: 'right', value: (e) => String(e.ret) }),
  comm: () => ({ header: 'COMM', width: 16, value: (e) => e.comm }),
  filename: () => ({ header: 'FILENAME', width: 16, value: (e) => e.filename }),
  args: (options) => ({ header: 'ARGS', width: 0, value: (e) => formatArgs(e, options.quote ?? false) }),
  cgroup: () => ({ header: 'CGROUP', width: 24, value: (e) => cgroupOf(e).cgroup }),
  container: () => ({ header: 'CONTAINER', width: 12, value: (e) => cgroupOf(e).container ?? '-' }),
} satisfies Record<string, (options: Options) => Column<ExecEvent>>;

type ColumnName = keyof typeof COLUMNS;

function defaultColumns(options: Options): ColumnName[] {
  const wanted: [ColumnName, unknown][] = [
    ['time', options.time],
    ['timestamp', options.timestamp],
    ['uid', options.printUid],
    ['pid', true],
    ['ret', options.failed],
    ['filename', true],
    ['args', options.quote || options.maxArgs !== undefined || options.line !== undefined],
  ];
  return wanted.filter(([, isWanted]) => isWanted).map(([name]) => name);
}

function parseColumns(text: string): ColumnName[] {
  return text.split(',').map((name) => {
    if (Object.hasOwn(COLUMNS, name)) return name as ColumnName;
    const close = nearest(name, Object.keys(COLUMNS));
    throw new InvalidArgumentError(
      `No column "${name}"; there are ${(close.length > 0 ? close : Object.keys(COLUMNS)).join(', ')}.`,
    );
  });
}

function formatArgs({ args, argsCut }: ExecEvent, quote: boolean): string {
  const words = quote ? args.map((arg) => `"${arg.replace(/["\\]/g, '\\$&')}"`) : args;
  return [...words, ...(argsCut ? ['...'] : [])].join(' ');
}
