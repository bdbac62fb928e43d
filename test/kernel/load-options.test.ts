import assert from 'node:assert/strict';
import { ProgramBuilder, R0, R1, R2, R10 } from '../../src/asm/index.ts';
import { load, VerifierError } from '../../src/index.ts';
import { LogLevel, type ObjectSpec, ProgramFlags } from '../../src/spec/index.ts';
import { compile } from './support/compile.ts';
import { kernelTest as test } from './support/privileged.ts';

/** A program that reads a map's value across a boundary of words, and one that does nothing. */
function objectSpec(): ObjectSpec {
  const crooked = new ProgramBuilder()
    .store('u32', R10, -4, 0)
    .loadMap(R1, 'values')
    .mov(R2, R10)
    .add(R2, -4);
  crooked.call('map_lookup_elem').jumpIf(R0, '==', 0, 'out').load('u32', R0, R0, 1).label('out').exit();
  const plain = new ProgramBuilder().mov(R0, 0).exit();
  return {
    name: 'choices',
    license: 'Dual BSD/GPL',
    maps: [{ name: 'values', type: 'ARRAY', keySize: 4, valueSize: 8, maxEntries: 1 }],
    programs: [
      { name: 'crooked', section: 'socket', instructions: crooked.build() },
      { name: 'plain', section: 'socket', instructions: plain.build(), autoload: false },
    ],
  };
}

test('programs are chosen by name when an object is loaded', async () => {
  const object = await load(objectSpec(), {
    programs: { crooked: { autoload: false }, plain: { autoload: true } },
  });
  assert.deepEqual(Object.keys(object.programs), ['plain']);
  await object.close();
  await assert.rejects(load(objectSpec(), { programs: { plane: { autoload: true } } }), {
    name: 'NotFoundError',
    remedy: 'It has: plain, crooked.',
  });
});

test('flags reach the verifier: with strict alignment it refuses what it takes without', async () => {
  await (await load(objectSpec())).close();
  const programs = { crooked: { flags: ProgramFlags.STRICT_ALIGNMENT } };
  await assert.rejects(load(objectSpec(), { programs }), (error) => {
    assert.ok(error instanceof VerifierError, String(error));
    assert.match(error.summary, /misaligned/);
    return true;
  });
});

test('the verifier tells its figures when it is asked to, and nothing when it is not', async () => {
  const quiet = await load(objectSpec());
  assert.equal(quiet.programs['crooked']!.verifierLog, '');
  assert.equal(quiet.programs['crooked']!.verifierStats, undefined);
  await quiet.close();

  const programs = { plain: { autoload: true, logLevel: LogLevel.LEVEL2 } };
  const object = await load(objectSpec(), { logLevel: LogLevel.STATS, programs });
  const { crooked, plain } = object.programs;
  const stats = crooked!.verifierStats!;
  assert.equal(stats.processed, crooked!.info().verifiedInstructions);
  assert.equal(stats.limit, 1_000_000);
  assert.deepEqual(stats.stackDepth, [8]);
  assert.ok(stats.peakStates <= stats.totalStates);
  assert.doesNotMatch(crooked!.verifierLog, /call bpf_map_lookup_elem/);
  assert.match(plain!.verifierLog, /^1: \(95\) exit/m);
  await object.close();
});

test('a rejected program of a C object is told by file and line, and the line itself', async () => {
  const file = compile('rejected.bpf.c');
  await assert.rejects(load(file), (error) => {
    assert.ok(error instanceof VerifierError, String(error));
    assert.match(error.source?.file ?? '', /test\/corpus\/rejected\.bpf\.c$/);
    assert.equal(error.source?.line, 15);
    assert.equal(error.source?.text.trim(), 'return *count;');
    assert.match(
      error.message,
      /program unchecked .*map_value_or_null.*\[.*rejected\.bpf\.c:15: return \*count;\]$/,
    );
    return true;
  });
  const rest = await load(file, {
    programs: { unchecked: { autoload: false }, accepted: { autoload: true } },
  });
  assert.equal(rest.programs['accepted']!.run({ data: new Uint8Array(64) }).returnValue, 64 - 14);
  await rest.close();
});
