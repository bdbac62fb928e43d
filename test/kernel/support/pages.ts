import { closeFd, openById, withMapping } from '../../../src/sys/index.ts';
import { PAGE } from './producer.ts';

/** All pages of a ring as they are now. */
export function pagesOf(id: number, size: number): Buffer {
  const fd = openById('MAP', id);
  try {
    const ring = { offset: 0, length: 2 * PAGE + size, what: 'the ring' };
    return withMapping(fd, ring, (pages) => Buffer.from(new Uint8Array(pages)));
  } finally {
    closeFd(fd);
  }
}
