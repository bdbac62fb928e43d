/**
 * The program of this library for each suite, started by `Child`:
 *
 *   node bench-child.js SUITE ARGUMENTS…
 */
import { argv, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import type { Answering } from './child.ts';

const SUITES: Readonly<Record<string, () => Promise<Answering>>> = {
  dialect: async () => (await import('./dialect/child.ts')).startTracer,
  drain: async () => (await import('./drain/child.ts')).openDrain,
  live: async () => (await import('./live/consumer-child.ts')).openConsumer,
  producer: async () => (await import('./live/producer-child.ts')).openProducer,
};

const [suite = '', ...args] = argv.slice(2);
const load = SUITES[suite];
if (load === undefined) throw new Error(`no suite "${suite}"`);
const answer = (await load())(args);
const print = (message: object): void => void stdout.write(`${JSON.stringify(message)}\n`);
print({});
for await (const line of createInterface({ input: stdin })) print(await answer(line));
