import { Command, InvalidArgumentError, Option } from 'commander';
import { escapeText, jsonLine } from '../text/index.ts';
import { DEFAULT_TRACE_BUFFER, listFields, listTracepoints, type TraceEvent, trace } from '../tools/index.ts';
import { parseDuration, parseSize, parseWhole, UsageError } from './options.ts';
import { printLines } from './print.ts';
import { printStream } from './stream.ts';
import { type AggregateOptions, printCount, printHistogram } from './trace-aggregate.ts';
import { traceColumn } from './trace-columns.ts';

interface Options extends AggregateOptions {
  list?: boolean;
  fields?: string[];
  filter?: string;
  pid?: number;
  count?: string[] | true;
  hist?: string;
  maxEvents?: number;
  bufferSize: number;
}

const EXAMPLES = `
Examples:
  ringtail trace sched:sched_process_exec --fields pid,filename --filter 'pid != 1 && comm == "sh"'
  ringtail trace tp_btf:sched_process_exit --fields comm,p.exit_code,p.real_parent.comm
  ringtail trace syscalls:sys_enter_openat --fields comm,filename -p 1234
  ringtail trace raw_syscalls:sys_enter --count comm
  ringtail trace kmem:kmalloc --hist bytes_alloc --interval 1s
  ringtail trace -l 'sched:*'

Fields that every tracepoint has, where it has none of its own by that name: time, ns, pid (the process), tid, ppid, uid,
comm, cgroup, cpu. Filters run in the kernel: == != < <= > >= && || ! ( ), field & bits, comm =~ "prefix*".`;

/** `ringtail trace` */
export function traceCommand(): Command {
  return new Command('trace')
    .description('print the events of a tracepoint, filtered and counted in the kernel')
    .argument(
      '[tracepoint]',
      'tracepoint:CATEGORY:NAME, raw_tracepoint:NAME or tp_btf:NAME; with -l a pattern',
    )
    .option('-l, --list', 'list the tracepoints that match; the fields of a single one')
    .option('--fields <list>', 'what to print: fields, or paths such as p.real_parent.tgid', parseFields)
    .option('--filter <condition>', 'only events for which it holds: pid != 1 && comm == "sh"')
    .option('-p, --pid <pid>', 'only this process', parseWhole(0))
    .addOption(
      new Option('--count [fields]', 'count instead of printing, by the values of some fields')
        .argParser(parseFields)
        .conflicts(['hist', 'fields', 'maxEvents', 'list']),
    )
    .addOption(
      new Option('--hist <field>', 'a histogram of a number, by powers of two').conflicts([
        'fields',
        'maxEvents',
        'list',
      ]),
    )
    .option('--interval <time>', 'with --count and --hist: print what came in each such time', parseDuration)
    .option('--json', 'lines of JSON')
    .option('--max-events <n>', 'end after n events', parseWhole(1))
    .option('--duration <time>', 'end after this time: 10s, 500ms, 5m', parseDuration)
    .addOption(
      new Option('--buffer-size <size>', 'size of the ring: a power of two, such as 1M')
        .argParser(parseSize)
        .default(DEFAULT_TRACE_BUFFER, '256K'),
    )
    .addHelpText('after', EXAMPLES)
    .action(run);
}

async function run(target: string | undefined, options: Options): Promise<void> {
  if (options.list) return list(target, options);
  if (target === undefined) {
    throw new UsageError({
      message: 'no tracepoint is named',
      remedy: "List them: ringtail trace -l '*'",
    });
  }
  const selection = { target, filter: options.filter, pid: options.pid };
  if (options.count !== undefined) {
    return printCount({ ...selection, by: options.count === true ? [] : options.count }, options);
  }
  if (options.hist !== undefined) return printHistogram({ ...selection, field: options.hist }, options);
  const tracer = await trace({ ...selection, fields: options.fields, bufferSize: options.bufferSize });
  try {
    await printStream<TraceEvent>(
      {
        batches: (signal) => tracer.batches({ signal }),
        columns: tracer.columns.map(traceColumn),
        json: (event) => event,
        state: () => ({ fill: tracer.ring.stats().available / options.bufferSize, lost: tracer.lost() }),
        noun: 'events',
      },
      options,
    );
  } finally {
    await tracer.close();
  }
}

function list(pattern: string | undefined, { json }: Options): void {
  const found = listTracepoints(pattern);
  const lines = found.map((target) => (json ? jsonLine({ target }) : target));
  if (found.length === 1 && !/[*?]/.test(pattern ?? '*')) {
    const fields = listFields(found[0]!);
    if (json) lines[0] = jsonLine({ target: found[0], fields });
    else lines.push(...fields.map(({ type, name }) => `    ${type} ${name}`));
  }
  printLines(lines.map(escapeText));
}

function parseFields(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new InvalidArgumentError('Give names with commas between them: pid,comm.');
}
