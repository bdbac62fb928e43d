/**
 * Compiles what the tests in the virtual machine would compile, into a folder: there are no compilers in it.
 * `RINGTAIL_BUILT` tells tests where the folder is (test/kernel/support/built.ts).
 *
 * node dist/test/vm/support/build.js FOLDER
 */
import { copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ATTACHED, buildLoader, buildProbe, probeFile } from '../../kernel/support/libbpf.ts';
import { buildFlood, buildFlooder, FLOODER, floodFile } from '../../kernel/support/libbpf-flood.ts';
import { Probed } from '../../kernel/support/probed.ts';
import { CORPUS, compile, compileReference } from '../../parity/support/corpus.ts';

const folder = process.argv[2]!;

for (const file of readdirSync(CORPUS)) {
  // For other headers than those of libbpf.
  if (file !== 'macros.bpf.c') compile(join(CORPUS, file), join(folder, `bpfel-${file}.o`));
}
compileReference('relocate', join(folder, 'relocate'));

buildLoader(join(folder, 'attach'));
for (const section of Object.values(ATTACHED)) buildProbe(section, join(folder, probeFile(section)));

// As large as the taps' tests want it.
const floodSize = 64 * 1024;
buildFlood(floodSize, join(folder, floodFile(floodSize)));
buildFlooder(join(folder, FLOODER));

const probed = new Probed();
for (const file of readdirSync(probed.directory))
  copyFileSync(join(probed.directory, file), join(folder, file));
probed[Symbol.dispose]();
