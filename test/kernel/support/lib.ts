/** What the bodies of child processes and workers get: the library, and the blueprints of the tests. */
export * as fs from 'node:fs';
export * as readline from 'node:readline';
export * as workers from 'node:worker_threads';
export * as btf from '../../../src/btf/index.ts';
export * as kernel from '../../../src/kernel/index.ts';
export * as metrics from '../../../src/metrics/index.ts';
export * as ringbuf from '../../../src/ringbuf/index.ts';
export * as sys from '../../../src/sys/index.ts';
export * as producer from './producer.ts';
export * as programs from './programs.ts';
