import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { ArgumentError, CompileError, excerpt, RingtailError } from '../errors/index.ts';
import { escapeText } from '../text/index.ts';
import { COMMANDS } from './commands.ts';
import { checkValues, UsageError } from './options.ts';

/** Runs the command line; see `ringtail --help`. Sets the exit code: 0 only on success. */
export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('ringtail')
    .description("tail your kernel's ring buffers")
    .version(version())
    .option('--verbose', 'with an error, its stack trace and whole log')
    .showHelpAfterError(false);
  const isVerbose = (): boolean => program.opts<{ verbose?: boolean }>().verbose ?? false;
  watchOutput(isVerbose);
  // The one that is named, or all of them for help and suggestions; the version alone needs none.
  const name = argv.slice(2).find((word) => !word.startsWith('-')) ?? '';
  const isVersion = argv.length === 3 && (argv[2] === '-V' || argv[2] === '--version');
  const needed = Object.hasOwn(COMMANDS, name) ? [name] : isVersion ? [] : Object.keys(COMMANDS);
  for (const known of needed) program.addCommand(await COMMANDS[known]!());
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => {} });
  }
  try {
    const called = program.commands.find((command) => command.name() === name);
    if (called !== undefined) checkValues(called, argv.slice(2));
    await program.parseAsync(argv);
  } catch (error) {
    process.exitCode = report(error, isVerbose());
  }
}

/** What cannot be written is told once, and is no success. A reader that goes away early (`| head`) has seen enough. */
function watchOutput(isVerbose: () => boolean): void {
  let isTold = false;
  process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EPIPE' || isTold) return;
    isTold = true;
    const error = new ArgumentError({
      message: `the output cannot be written: ${cause.message}`,
      remedy: 'Make room where it goes, or send it elsewhere.',
      cause,
    });
    process.exitCode = report(error, isVerbose());
  });
}

/** Tells an error in one line of cause and one of remedy. @returns the exit code. */
function report(error: unknown, verbose: boolean): number {
  if (error instanceof CommanderError) {
    // Help was asked for, or was the answer to no command at all.
    if (error.exitCode === 0 || error.code === 'commander.help') return error.exitCode;
    // `error: option … is invalid. <what to give>`
    const [, cause, remedy] =
      /^(?:error: )?(.*?(?: is invalid\.)?)(?:[ \n](\(?[A-Z].*))?$/s.exec(error.message) ?? [];
    print(cause ?? error.message, remedy ?? 'See --help.');
    return 2;
  }
  const known = error instanceof RingtailError;
  const message = error instanceof Error ? error.message : String(error);
  print(
    message,
    known ? error.remedy : 'This is a bug in ringtail, or Node is out of something; see --verbose.',
    error instanceof CompileError ? excerpt(error, escapeText) : [],
  );
  if (verbose && error instanceof Error) {
    if ('log' in error) process.stderr.write(`${String(error.log)}\n`);
    process.stderr.write(`${error.stack}\n`);
  }
  return error instanceof UsageError ? 2 : 1;
}

function print(cause: string, remedy: string, between: readonly string[] = []): void {
  const oneLine = (text: string): string => escapeText(text.replaceAll('\n', ' '));
  const lines = [`ringtail: ${oneLine(cause)}`, ...between, oneLine(remedy)];
  process.stderr.write(`${lines.join('\n')}\n`);
}

function version(): string {
  const manifest = createRequire(import.meta.url)('ringtail/package.json') as { version: string };
  return manifest.version;
}
