import { Command, CommanderError, Option } from 'commander';
import { allMet, runBench } from '../src/cli/bench/run.ts';
import { RingtailError } from '../src/errors/index.ts';
import { PEERS_CHOICES, type PeersChoice, peersFor } from './peers/index.ts';

interface Options {
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly suite?: readonly string[];
  readonly peers: PeersChoice;
  readonly check?: boolean;
}

const program = new Command('npm run bench --')
  .description(
    'Measures this library, and its peers from the distribution beside it. Needs root; see docs/performance.md.',
  )
  .option('--quick', 'fewer works and rounds: sooner done, rougher figures')
  .option('--json', 'one JSON document instead of tables')
  .option('--suite <name...>', 'these suites alone')
  .addOption(
    new Option('--peers <which>', 'whom to measure beside it; fast: all but BCC')
      .choices(PEERS_CHOICES)
      .default('all'),
  )
  .option('--check', 'exit with 1 unless every target was measured and met')
  .action(async ({ quick = false, json = false, suite = [], peers, check = false }: Options) => {
    const report = await runBench({ quick, json, suites: suite }, peersFor(peers));
    if (check && !allMet(report)) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) throw error;
  console.error(error instanceof RingtailError ? `bench: ${error.message}\n${error.remedy}` : error);
  process.exitCode = 1;
}
