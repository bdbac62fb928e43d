import { openById } from '../../sys/index.ts';
import type { Answering } from '../child.ts';
import { WORKS } from './works.ts';

/** This library's readers: `MAP_ID WORK READER`. Each line of input drains the ring once. */
export const openDrain: Answering = ([mapId, workName, readerName]) => {
  const work = WORKS.find(({ name }) => name === workName);
  const open = work?.readers[readerName ?? ''];
  if (open === undefined) throw new Error(`no reader "${readerName}" of work "${workName}"`);
  return open(openById('MAP', Number(mapId)));
};
