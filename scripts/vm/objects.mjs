// Compiles what the tests of the virtual machine load, which has no clang: test/vm/programs/*.c to dist/test-objects/*.bpf.o,
// and the examples of probes that only that kernel takes, against the types of the kernel that runs here. CO-RE does the rest there.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { compileObject } from '../../dist/src/kernel/index.js';

mkdirSync('dist/test-objects', { recursive: true });
for (const file of readdirSync('test/vm/programs').filter((name) => name.endsWith('.c'))) {
  const text = readFileSync(`test/vm/programs/${file}`, 'utf8');
  const object = await compileObject(text, { name: `test/vm/programs/${file}` });
  writeFileSync(`dist/test-objects/${file.replace(/\.c$/, '.bpf.o')}`, object);
}

for (const name of ['kprobe', 'kretprobe', 'kfunc', 'lsm']) {
  const source = readFileSync(`examples/bcc/${name}.ts`, 'utf8');
  const [, text] = /const text = `([^`]*)`;/.exec(source);
  const object = await compileObject(text, { name: `${name}.c`, flags: ['-DONLY_PID=0'] });
  writeFileSync(`dist/test-objects/example-${name}.bpf.o`, object);
}
