// The pictures in docs/images and the pages that show them. test/browser/pictures.test.ts makes them.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'node:test';

const IMAGES = 'docs/images';
const PAGES = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** The pictures that a page shows: `![what it shows](file)`. */
function picturesOf(page: string): { file: string; text: string }[] {
  return [...readFileSync(page, 'utf8').matchAll(/!\[([^\]]*)\]\(([^)\s]+)\)/g)].map(([, text, file]) => ({
    file: join(dirname(page), file!),
    text: text!,
  }));
}

test('every picture that a page shows is there, and is described for those who do not see it', () => {
  for (const page of PAGES) {
    for (const { file, text } of picturesOf(page)) {
      assert.ok(existsSync(file), `${page} shows ${file}, which is not there: npm run docs:pictures`);
      assert.ok(text.split(' ').length > 2, `${page}: what does ${file} show?`);
    }
  }
});

test('every picture is shown by a page; the README shows the tracer, top, tail and the page', () => {
  const shown = PAGES.flatMap((page) => picturesOf(page).map(({ file }) => file));
  const pictures = readdirSync(IMAGES).map((name) => `${IMAGES}/${name}`);
  assert.deepEqual(
    pictures.filter((file) => !shown.includes(file)),
    [],
  );
  const names = picturesOf('README.md').map(({ file }) => file.slice(IMAGES.length + 1));
  assert.deepEqual(names, ['execsnoop.svg', 'top.svg', 'tail.svg', 'page.png']);
});
