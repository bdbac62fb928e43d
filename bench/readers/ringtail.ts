/**
 * A reader on this library. It speaks the protocol of bench/reader.ts.
 *
 *   node ringtail.js MAP_ID WORKLOAD READER
 */
import { createInterface } from 'node:readline';
import { openById } from '../../src/sys/index.ts';
import { WORKLOADS } from '../workloads/index.ts';

const [mapId, workloadName, readerName] = process.argv.slice(2);
const workload = WORKLOADS.find(({ name }) => name === workloadName);
const open = workload?.readers[readerName ?? ''];
if (open === undefined) throw new Error(`no reader "${readerName}" of workload "${workloadName}"`);
const drain = open(openById('MAP', Number(mapId)));

const answer = (message: object): void => console.log(JSON.stringify(message));
answer({ version: `Node ${process.version}` });
for await (const _ of createInterface({ input: process.stdin })) answer(drain());
