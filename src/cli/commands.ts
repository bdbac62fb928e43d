import type { Command } from 'commander';

/** Each command, made when it is asked for: one that is not used costs nothing at start. */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  execsnoop: async () => (await import('./execsnoop.ts')).execsnoopCommand(),
  run: async () => (await import('./run.ts')).runCommand(),
  compile: async () => (await import('./compile.ts')).compileCommand(),
  inspect: async () => (await import('./inspect.ts')).inspectCommand(),
  types: async () => (await import('./types.ts')).typesCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  vmlinux: async () => (await import('./vmlinux.ts')).vmlinuxCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  trace: async () => (await import('./trace.ts')).traceCommand(),
  tail: async () => (await import('./tail/tail.ts')).tailCommand(),
  top: async () => (await import('./top/top.ts')).topCommand(),
  exporter: async () => (await import('./exporter.ts')).exporterCommand(),
  bench: async () => (await import('./bench/bench.ts')).benchCommand(),
  helpers: async () => (await import('./helpers.ts')).helpersCommand(),
};
