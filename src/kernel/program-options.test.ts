import assert from 'node:assert/strict';
import test from 'node:test';
import { type ObjectSpec, ProgramFlags } from '../spec/index.ts';
import { choosePrograms, type ProgramOptions } from './program-options.ts';

const object: ObjectSpec = {
  name: 'tested',
  license: '',
  maps: [],
  programs: [
    { name: 'on', section: 'socket', instructions: [], flags: ProgramFlags.SLEEPABLE },
    { name: 'off', section: 'socket', instructions: [], autoload: false },
  ],
};

function chosen(choices: Record<string, ProgramOptions>): string[] {
  return choosePrograms(object, new Map(Object.entries(choices))).map(
    ({ name, flags }) => `${name} ${flags}`,
  );
}

test('programs are loaded as their sections say, unless something else is chosen', () => {
  assert.deepEqual(chosen({}), ['on 16']);
  assert.deepEqual(chosen({ on: { autoload: false }, off: { autoload: true } }), ['off undefined']);
});

test('flags that are chosen come on top', () => {
  assert.deepEqual(chosen({ on: { flags: ProgramFlags.STRICT_ALIGNMENT } }), ['on 17']);
});

test('a choice about a program that is not there names the nearest', () => {
  assert.throws(() => chosen({ of: { autoload: true } }), {
    name: 'NotFoundError',
    message: 'object tested has no program "of"',
    remedy: 'It has: off, on.',
  });
  // Not found on the prototype of an object either.
  assert.throws(() => chosen({ constructor: {} }), { name: 'NotFoundError' });
});
