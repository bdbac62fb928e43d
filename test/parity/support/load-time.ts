// Loads an object file, without the programs that are named, in a process of its own, where nothing of the kernel is known yet, and prints what that took
// on the clock or of CPU time, whichever is less.
import { load } from '../../../src/kernel/index.ts';
import { LogLevel } from '../../../src/spec/index.ts';

const [file, ...names] = process.argv.slice(2);
const started = performance.now();
const cpu = process.cpuUsage();
const programs = Object.fromEntries(names.map((name) => [name, { autoload: false }]));
const object = await load(file!, { programs, logLevel: LogLevel.STATS });
const { user, system } = process.cpuUsage(cpu);
const ms = Math.min(performance.now() - started, (user + system) / 1000);
const verifierUs = Object.values(object.programs).map(({ verifierStats }) => verifierStats!.timeUs!);
await object.close();
console.log(JSON.stringify({ ms, verifierMs: verifierUs.reduce((sum, us) => sum + us, 0) / 1000 }));
