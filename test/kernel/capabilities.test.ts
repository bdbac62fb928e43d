// What each part needs: the table in docs/operations.md says what is shown here.
import assert from 'node:assert/strict';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { BpfMap } from '../../src/kernel/index.ts';
import { withBpffs } from './support/bpffs.ts';
import { type Finished, RINGTAIL } from './support/cli.ts';
import { kernelTest as test } from './support/privileged.ts';
import { asNobody, NOBODY } from './support/privileges.ts';
import { PAGE } from './support/producer.ts';

const NAME = 'cap_ring';

/** The ring that a part looks at. */
interface Ring {
  readonly id: number;
  /** A pin that the user may read and write. */
  readonly pin: string;
  /** A pin that the user may only read. */
  readonly readOnly: string;
}

/** What a part runs: a command, or a script in which `lib` is the library and `ok` asserts. */
type Run = (ring: Ring) => { readonly command: readonly string[] } | { readonly script: string };

/** By what docs/operations.md calls a part: all that it needs. With these it works, with one fewer it does not. */
const PARTS: Readonly<Record<string, readonly [needs: readonly string[], run: Run]>> = {
  'ringtail top': [['CAP_BPF', 'CAP_PERFMON'], () => ({ command: ['top', '--once', '--interval=50ms'] })],
  'listRings()': [
    ['CAP_BPF', 'CAP_PERFMON'],
    ({ id }) => ({
      script: `const ring = (await lib.listRings()).find((ring) => ring.id === ${id});
        ok(ring.processes.length > 0 && ring.programs === undefined);`,
    }),
  ],
  'watchRings()': [
    ['CAP_BPF', 'CAP_PERFMON'],
    ({ id }) => ({
      script: `for await (const { method, rings } of lib.watchRings()) {
          ok(method === 'iterator' && rings.some((ring) => ring.id === ${id}));
          break;
        }`,
    }),
  ],
  'collectRingMetrics()': [['CAP_BPF', 'CAP_PERFMON'], ({ id }) => ({ script: exportScript({}, id) })],
  '--pin': [['CAP_BPF'], ({ id, readOnly }) => ({ script: exportScript({ query: [readOnly] }, id) })],
  'ringtail doctor': [['CAP_BPF', 'CAP_PERFMON'], () => ({ command: ['doctor'] })],
  'ringtail execsnoop': [['CAP_BPF', 'CAP_PERFMON'], () => ({ command: ['execsnoop', '--duration=50ms'] })],
  'RingMonitor.open(id)': [
    ['CAP_SYS_ADMIN'],
    ({ id }) => ({ script: `ok(lib.RingMonitor.open(${id}).read().name === '${NAME}')` }),
  ],
  'RingTap.open(id)': [['CAP_SYS_ADMIN'], ({ id }) => ({ script: `lib.RingTap.open(${id}).close()` })],
  'ringtail tail': [['CAP_SYS_ADMIN'], ({ id }) => ({ command: ['tail', String(id), '--duration=50ms'] })],
  'RingMonitor.open(pin)': [
    [],
    ({ pin }) => ({ script: `ok(lib.RingMonitor.open('${pin}').read().name === '${NAME}')` }),
  ],
  'RingTap.open(pin)': [[], ({ pin }) => ({ script: `lib.RingTap.open('${pin}').close()` })],
  'RingBuffer.takeOver(pin)': [
    [],
    ({ pin }) => ({
      script: `const ring = lib.RingBuffer.takeOver('${pin}'); ok(ring.consume(() => {}) === 0); ring.close();`,
    }),
  ],
  'ring.query()': [
    ['CAP_BPF'],
    ({ pin }) => ({
      script: `const ring = lib.RingBuffer.takeOver('${pin}'); ok(ring.query().size === ${PAGE}n); ring.close();`,
    }),
  ],
};

/** What `ringtail exporter` does, once. */
function exportScript(options: { readonly query?: readonly string[] }, id: number): string {
  return `const { Registry } = await import('prom-client');
    const registry = new Registry();
    const metrics = await lib.collectRingMetrics(registry, ${JSON.stringify(options)});
    ok((await registry.metrics()).includes('bpf_ringbuf_size_bytes{map_id="${id}"} ${PAGE}'));
    await metrics.close();`;
}

function runAs(capabilities: readonly string[], run: ReturnType<Run>): Finished {
  if ('command' in run) return asNobody(capabilities, RINGTAIL, ...run.command);
  const head = `import * as lib from 'ringtail'; import { ok } from 'node:assert/strict';`;
  return asNobody(capabilities, '--input-type=module', '-e', `${head}\n${run.script}`);
}

/** A ring, pinned where an ordinary user may open it. */
function withRing(work: (ring: Ring) => void): Promise<void> {
  return withBpffs((directory) => {
    const map = BpfMap.create({ name: NAME, type: 'RINGBUF', maxEntries: PAGE });
    chmodSync(directory, 0o755);
    const pin = (name: string, mode: number): string => {
      const path = `${directory}/${name}`;
      map.pin(path);
      chownSync(path, NOBODY, NOBODY);
      chmodSync(path, mode);
      return path;
    };
    try {
      work({ id: map.info().id, pin: pin('ring', 0o600), readOnly: pin('read_only', 0o400) });
    } finally {
      map.close();
    }
  });
}

/** CAP_SYS_ADMIN stands for the other two, not they for it. */
function allBut(missing: string, needs: readonly string[]): string[] {
  if (missing === 'CAP_SYS_ADMIN') return ['CAP_BPF', 'CAP_PERFMON'];
  return needs.filter((capability) => capability !== missing);
}

/** One for each set of capabilities and way to a ring, where the machine is emulated and processes take seconds to start. */
const FEW = ['ringtail top', 'RingTap.open(id)', 'RingTap.open(pin)', 'ring.query()'];

for (const [part, [needs, run]] of Object.entries(PARTS)) {
  if (process.env['RINGTAIL_EMULATED'] !== undefined && !FEW.includes(part)) continue;
  const what = needs.join(' and ') || 'no capability';
  test(`${part} takes ${what}, and names what is missing`, () =>
    withRing((ring) => {
      const { status, stdout, stderr } = runAs(needs, run(ring));
      assert.equal(status, 0, stdout + stderr);
      for (const missing of needs) {
        const refused = runAs(allBut(missing, needs), run(ring));
        assert.equal(refused.status, 1, `works without ${missing}`);
        const kind = 'script' in run(ring) ? 'PermissionError: .*' : '';
        assert.match(refused.stdout + refused.stderr, new RegExp(`${kind}lacks .*\\b${missing}\\b`));
      }
    }));
}

test('the programs that use a ring are told to CAP_SYS_ADMIN alone, the rest needs less', () =>
  withRing(({ id }) => {
    const programs = `const ring = (await lib.listRings()).find((ring) => ring.id === ${id}); console.log(ring.programs);`;
    assert.equal(runAs(['CAP_BPF', 'CAP_PERFMON'], { script: programs }).stdout, 'undefined\n');
    assert.equal(runAs(['CAP_SYS_ADMIN'], { script: programs }).stdout, '[]\n');
  }));

test('a pin that may only be read is refused by its mode, which no capability for BPF is blamed for', () =>
  withRing(({ readOnly }) => {
    for (const capabilities of [[], ['CAP_BPF', 'CAP_PERFMON'], ['CAP_SYS_ADMIN']]) {
      const { stderr } = runAs(capabilities, { script: `lib.RingMonitor.open('${readOnly}')` });
      assert.match(stderr, /PermissionError: .*EACCES \(this user may not read and write it/);
      assert.doesNotMatch(stderr, /CAP_|policy/);
    }
  }));

test('docs/operations.md says what is shown here', () => {
  const rows = readFileSync('docs/operations.md', 'utf8')
    .split('\n')
    .map((line) => line.split('|'));
  for (const [part, [needs]] of Object.entries(PARTS)) {
    const row = rows.find(([, name]) => name?.includes(`\`${part}\``)) ?? assert.fail(`no row on ${part}`);
    assert.deepEqual(row[2]!.match(/CAP_\w+/g) ?? [], needs, part);
  }
});
