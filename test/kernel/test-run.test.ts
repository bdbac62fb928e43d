import assert from 'node:assert/strict';
import { ProgramBuilder, R0, R1, R2, R3, R4, R6 } from '../../src/asm/index.ts';
import { BpfProgram, enableStats } from '../../src/index.ts';
import { kernelTest as test } from './support/privileged.ts';

const PACKET = Uint8Array.from({ length: 60 }, (_, i) => i);

function program(section: string, b: ProgramBuilder): BpfProgram {
  const spec = { name: 'tested', section, instructions: b.build() };
  return BpfProgram.load(spec, { license: 'Dual BSD/GPL', mapFds: new Map() });
}

const returning = (value: number): ProgramBuilder => new ProgramBuilder().mov(R0, value).exit();

test('a socket filter is run on a packet, as often as is wanted', () => {
  const length = program('socket', new ProgramBuilder().load('u32', R0, R1, 0).exit());
  const { returnValue, data, durationNs } = length.run({ data: PACKET, repeat: 100 });
  // The filter sees what follows the Ethernet header; of that one the kernel gives zeros back.
  assert.equal(returnValue, 60 - 14);
  assert.equal(data.length, 60);
  assert.deepEqual(data.subarray(14), PACKET.subarray(14));
  assert.ok(durationNs >= 0 && durationNs < 1e9);
  length.close();
});

test('an XDP program gives back a packet that it made longer', () => {
  const b = new ProgramBuilder().mov(R6, R1).mov(R2, -8).call('xdp_adjust_head').mov(R0, 2).exit();
  const grown = program('xdp', b);
  const { returnValue, data } = grown.run({ data: PACKET });
  assert.equal(returnValue, 2);
  assert.deepEqual(data.subarray(8), PACKET);
  grown.close();
});

test('a tc program reads its context and gives it back', () => {
  // __sk_buff: mark at 8, priority at 32.
  const b = new ProgramBuilder()
    .load('u32', R2, R1, 8)
    .add(R2, 1)
    .store('u32', R1, 32, R2)
    .mov(R0, R2)
    .exit();
  const marking = program('tc', b);
  const ctx = new Uint32Array(48);
  ctx[2] = 41;
  assert.equal(marking.run({ data: PACKET, ctx: new Uint8Array(ctx.buffer) }).returnValue, 42);
  assert.equal(ctx[8], 42);
  marking.close();
});

test('a raw tracepoint program is run on arguments, on the CPU that is asked for', () => {
  const b = new ProgramBuilder()
    .load('u64', R6, R1, 8)
    .call('get_smp_processor_id')
    .lsh(R6, 8)
    .or(R0, R6)
    .exit();
  const adding = program('raw_tp/sys_enter', b);
  const ctx = new Uint8Array(new BigUint64Array([0n, 7n]).buffer);
  for (const cpu of [0]) assert.equal(adding.run({ ctx, cpu }).returnValue, (7 << 8) | cpu);
  adding.close();
});

test('a negative answer is 32 bits without a sign', () => {
  const negative = program('syscall', returning(-2));
  assert.equal(negative.run().returnValue, 0xffff_fffe);
  negative.close();
});

test('what cannot be run, or not like that, is said in words', () => {
  for (const section of ['tracepoint/sched/sched_process_exec', 'kprobe/do_exit', 'cgroup/connect4']) {
    const attached = program(section, returning(1));
    assert.throws(() => attached.run(), {
      name: 'NotSupportedError',
      remedy: /SOCKET_FILTER, .*XDP, .*SYSCALL/,
    });
    attached.close();
  }
  const filter = program('socket', returning(0));
  assert.throws(() => filter.run(), { name: 'ArgumentError', message: /packet.*0 bytes/ });
  assert.throws(() => filter.run({ data: new Uint8Array(13) }), {
    name: 'ArgumentError',
    remedy: /14 bytes/,
  });
  assert.throws(() => filter.run({ data: PACKET, cpu: 0 }), { name: 'ArgumentError', remedy: /cpu/ });
  filter.close();
  const call = program('syscall', returning(0));
  assert.throws(() => call.run({ data: PACKET }), { name: 'ArgumentError', remedy: /ctx/ });
  assert.throws(() => call.run({ repeat: 2 }), { name: 'ArgumentError', message: /repeated/ });
  call.close();
});

test('runs are counted for as long as somebody counts, and all of them', () => {
  const b = new ProgramBuilder().mov(R3, 0).mov(R4, 0).mov(R0, 0).exit();
  const counted = program('socket', b);
  const runs = (): bigint => counted.stats().runCount;
  counted.run({ data: PACKET, repeat: 10 });
  assert.deepEqual(counted.stats(), { runTimeNs: 0n, runCount: 0n, recursionMisses: 0n });

  const counting = enableStats();
  counted.run({ data: PACKET, repeat: 1000 });
  const { runTimeNs, runCount } = counted.stats();
  assert.equal(runCount, 1000n);
  assert.ok(runTimeNs > 0n);
  counting.close();
  counting.close();

  counted.run({ data: PACKET, repeat: 10 });
  assert.equal(runs(), 1000n);
  counted.close();
});
