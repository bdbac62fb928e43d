/**
 * The line of a verifier log that says why: the last one before the statistics that end each log. Where source lines are in
 * the log, the last of them is added.
 */
export function summarizeVerifierLog(log: string): string {
  const lines = log.split('\n').map((line) => line.trim());
  const telling = lines.filter((line) => line !== '' && !STATISTICS.test(line) && !line.startsWith(';'));
  const reason = telling.at(-1) ?? 'the verifier gave no reason';
  const source = lines.filter((line) => line.startsWith('; ')).at(-1);
  return source === undefined ? reason : `${reason} [at: ${source.slice(2)}]`;
}

const STATISTICS = /^(processed \d+ insns|verification time|stack depth|mark_precise|peak_states)/;
