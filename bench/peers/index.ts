import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Missing, Program } from '../../src/bench/index.ts';
import type { VersionedPeer } from '../../src/cli/bench/run.ts';
import { BCC } from './bcc.ts';
import { CILIUM } from './cilium.ts';
import { LIBBPF } from './libbpf.ts';
import type { PeerLibrary } from './library.ts';

/** Which peers are measured: `fast` leaves out those that take ten times as long as the others. */
export const PEERS_CHOICES = ['none', 'fast', 'all'] as const;
export type PeersChoice = (typeof PEERS_CHOICES)[number];

const LIBRARIES: readonly PeerLibrary[] = [LIBBPF, CILIUM, BCC];

/** Sources are not compiled, so they stand beside the sources of this module. */
const SOURCES = fileURLToPath(new URL('../../../bench/peers/', import.meta.url));

/** The peers. What they are built into is deleted when this process exits. */
export function peersFor(choice: PeersChoice): readonly VersionedPeer[] {
  const directory = mkdtempSync(join(tmpdir(), 'ringtail-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  // A signal alone would end the process without.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
  return LIBRARIES.map((library) => peerOf(library, choice, directory));
}

function peerOf(library: PeerLibrary, choice: PeersChoice, directory: string): VersionedPeer {
  const { name, packages, slow, extension } = library;
  const leftOut = choice === 'none' || (choice === 'fast' && slow);
  const built = new Map<string, Program | Missing>();
  const build = (suite: string): Program | Missing => {
    if (leftOut) return { absent: `left out by --peers ${choice}` };
    const source = join(SOURCES, name.split('/')[0]!.toLowerCase(), `${suite}.${extension}`);
    // Not every peer can do what a suite asks for.
    if (!existsSync(source)) return { absent: `there is no program on ${name} for it` };
    const program = library.build(source, join(directory, `${suite}-${extension}`));
    if (!('missing' in program)) return program;
    return { absent: `no ${program.missing} here; apt-get install ${packages.join(' ')}` };
  };
  return {
    name,
    version: versionOf(library.version),
    program(suite) {
      const program = built.get(suite) ?? build(suite);
      built.set(suite, program);
      return program;
    },
  };
}

/** The version of a package of Debian. */
function versionOf(name: string): string {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own syntax.
  const { status, stdout } = spawnSync('dpkg-query', ['-W', '-f=${Version}', name], { encoding: 'utf8' });
  return status === 0 && stdout !== '' ? stdout : 'of unknown version';
}
