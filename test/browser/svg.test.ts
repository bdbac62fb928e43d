import assert from 'node:assert/strict';
import test from 'node:test';
import { Screen } from '../kernel/support/screen.ts';
import { svgOf } from './support/svg.ts';

function screenOf(...chunks: string[]): Screen {
  const screen = new Screen();
  for (const chunk of chunks) screen.write(chunk);
  return screen;
}

/** The pieces of a picture's lines: place, width, class and text. */
function pieces(screen: Screen): string[] {
  const svg = svgOf(screen.rows, 40, { command: 'a & b', description: '<c>' });
  return [
    ...svg.matchAll(/<tspan x="([\d.]+)" textLength="([\d.]+)" \S+?(?: class="(\w+)")?>(.*?)<\/tspan>/g),
  ].map(([, x, length, name, text]) => `${x} ${length} ${name ?? '-'} ${text}`);
}

test('a screen is what the last control sequences leave, also when one comes in two parts', () => {
  assert.deepEqual(screenOf('one\r\ntwo\r\x1b[Kt', 'hree').lines, ['one', 'three']);
  assert.deepEqual(screenOf('old\x1b[2J\x1b[2', ';3Hhere\x1b[1;1H\x1b[?25lthere\x1b').lines, [
    'there',
    '  here',
  ]);
  assert.deepEqual(screenOf('abc\r\x1b[31mX\x1b[0m').lines, ['Xbc']);
});

test('what a screen does not know is an error, not a wrong picture', () => {
  for (const unknown of ['\x1b[3A', '\x1b[1K', '\x1b[48m', '\x1b(B', '\x07'])
    assert.throws(() => screenOf(unknown), Error, JSON.stringify(unknown));
});

test('pieces of a line have their column, width and colour; blanks go with what is before them', () => {
  assert.deepEqual(pieces(screenOf(' ID  a name \x1b[31m86%\x1b[0m 0 \x1b[2m-\x1b[0m')), [
    '24.4 33.6 - ID  ',
    '58 58.8 - a name ',
    '116.8 33.6 red 86% ',
    '150.4 16.8 - 0 ',
    '167.2 8.4 dim -',
  ]);
});

test('text is escaped; a line that is too long and a colour without a name are refused', () => {
  const svg = svgOf(screenOf('<x> & y').rows, 10, { command: 'a & b', description: '<c>' });
  for (const text of [
    '<title id="title">a &amp; b</title>',
    '>&lt;c&gt;</desc>',
    '>&lt;x&gt; &amp; y</tspan>',
  ])
    assert.ok(svg.includes(text), text);
  assert.throws(() => pieces(screenOf('x'.repeat(41))), /wider than the terminal/);
  assert.throws(() => pieces(screenOf('\x1b[34mblue')), /no colour 4/);
});
