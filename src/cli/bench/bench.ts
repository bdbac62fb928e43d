import { Command } from 'commander';
import { SUITES } from '../../bench/index.ts';
import { runBench } from './run.ts';

interface Options {
  readonly quick?: boolean;
  readonly json?: boolean;
  readonly suite?: readonly string[];
}

const EXAMPLES = `
Suites:
${SUITES.map(({ name, title }) => `  ${name.padEnd(8)} ${title}`).join('\n')}

Examples:
  ringtail bench --quick
  ringtail bench --suite drain --json

Nothing is attached: what is measured are rings of its own. Targets that compare with other libraries are not measured here; in a
clone, npm run bench builds those and measures all. docs/performance.md has the method and figures.`;

/** `ringtail bench` */
export function benchCommand(): Command {
  return new Command('bench')
    .description('how fast this machine reads rings')
    .option('--quick', 'fewer works and rounds: sooner done, rougher figures')
    .option('--json', 'one JSON document')
    .option('--suite <name...>', 'these suites alone')
    .addHelpText('after', EXAMPLES)
    .action(async ({ quick = false, json = false, suite = [] }: Options) => {
      await runBench({ quick, json, suites: suite });
    });
}
