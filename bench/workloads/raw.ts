import { createDecoder } from '../../src/btf/index.ts';
import { RingBuffer } from '../../src/ringbuf/index.ts';
import { addUp } from '../measure.ts';
import { encodeAll, structOf, type Workload } from '../workload.ts';

interface Sample {
  readonly value: number;
  readonly cpu: number;
}

const type = structOf('sample', (b) => {
  const u32 = b.int('u32', 4);
  return [
    { name: 'value', type: u32, size: 4 },
    { name: 'cpu', type: u32, size: 4 },
  ];
});
const samples: Sample[] = Array.from({ length: 1024 }, (_, i) => ({
  value: i * 7,
  cpu: i % 8,
}));

/** The smallest records there are: what the ring itself costs. */
export const raw: Workload = {
  name: 'raw',
  title: '8-byte records, one 32-bit word of each is read',
  records: encodeAll(type, samples),
  values: samples.map((sample) => sample.value),
  readers: {
    cursor: (fd) => {
      const decoder = createDecoder<Sample>(type.btf, type.id);
      return addUp(RingBuffer.open(fd, { decoder }).cursor, (sample) => sample.value);
    },
    bytes: (fd) =>
      addUp(
        RingBuffer.open(fd),
        (bytes) => bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24),
      ),
  },
  reference: 'libbpf',
  targets: [{ peer: 'cursor', times: 2, than: 'libbpf' }],
};
