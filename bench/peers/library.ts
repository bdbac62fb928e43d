import type { Program } from '../../src/bench/index.ts';

/** What has to be there to build or run a program, and is not. */
export interface NotInstalled {
  readonly missing: string;
}

/** A library for ring buffers, and how a program on it comes about. */
export interface PeerLibrary {
  /** Its programs are in the folder of this name, up to a slash, in lower case: one for each suite. */
  readonly name: string;
  /** Debian's packages that are needed. */
  readonly packages: readonly string[];
  /** The package whose version is told. */
  readonly version: string;
  /** Whether it takes ten times as long as the others. */
  readonly slow: boolean;
  /** Of its sources. */
  readonly extension: string;
  /** Builds `source` into the new file, or folder, `output`. @throws Error when all is there and it does not build. */
  build(source: string, output: string): Program | NotInstalled;
}
