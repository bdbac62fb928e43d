import { type Instruction, type SourceLine, slotCount } from '../asm/index.ts';

/** What the verifier did to prove a program safe; what the running kernel does not tell is absent. */
export interface VerifierStats {
  /** Instructions that it looked at, each as often as it came by. */
  readonly processed: number;
  /** How many it would have looked at before giving up. */
  readonly limit: number;
  readonly maxStatesPerInstruction: number;
  readonly totalStates: number;
  readonly peakStates: number;
  readonly markRead?: number;
  /** Bytes of stack: of the program, then of each function that it calls. */
  readonly stackDepth: readonly number[];
  /** Microseconds. */
  readonly timeUs?: number;
}

/**
 * Reads the figures at the end of a log that was written with `LogLevel.STATS` (kernel: `print_verification_stats`).
 * Undefined where there are none.
 */
export function parseVerifierStats(log: string): VerifierStats | undefined {
  const processed = numberAfter(log, 'processed ');
  if (processed === undefined) return undefined;
  const depths = /^stack depth ([\d+]+)/m.exec(log)?.[1];
  const markRead = numberAfter(log, 'mark_read ');
  const timeUs = numberAfter(log, 'verification time ');
  return {
    processed,
    limit: numberAfter(log, '(limit ') ?? 0,
    maxStatesPerInstruction: numberAfter(log, 'max_states_per_insn ') ?? 0,
    totalStates: numberAfter(log, 'total_states ') ?? 0,
    peakStates: numberAfter(log, 'peak_states ') ?? 0,
    stackDepth: depths === undefined ? [] : depths.split('+').map(Number),
    ...(markRead === undefined ? {} : { markRead }),
    ...(timeUs === undefined ? {} : { timeUs }),
  };
}

/** The figures come last: what else is in the log may look like them. */
function numberAfter(log: string, words: string): number | undefined {
  const at = log.lastIndexOf(words);
  const [digits] = (at < 0 ? undefined : /^\d+/.exec(log.slice(at + words.length))) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The line of a verifier log that says why: the last one before states and the statistics that end each log. */
export function summarizeVerifierLog(log: string): string {
  const lines = log.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => line !== '' && !UNTELLING.test(line));
  return telling.at(-1) ?? 'the verifier gave no reason';
}

/** Source lines, figures, and the states of an endless loop. */
const UNTELLING =
  /^(;|processed \d+ insns|verification time|stack depth|mark_precise|peak_states|(?:cur|old) state:)/;

/** The source line of the instruction that the verifier looked at last; undefined where nothing tells it. */
export function rejectedLine(log: string, instructions: readonly Instruction[]): SourceLine | undefined {
  const last = [...log.matchAll(/^(\d+): \([\da-f]{2}\) /gm)].at(-1);
  if (last === undefined) return undefined;
  const wanted = Number(last[1]);
  let source: SourceLine | undefined;
  let slot = 0;
  for (const instruction of instructions) {
    if (slot > wanted) break;
    // The lines of one function say nothing about the next.
    source = instruction.source ?? (instruction.symbol === undefined ? source : undefined);
    slot += slotCount(instruction);
  }
  return source;
}
