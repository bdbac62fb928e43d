import { NotFoundError, nearest } from '../errors/index.ts';
import type { ObjectSpec, ProgramSpec } from '../spec/index.ts';
import type { AttachTo } from './attach-target.ts';

/** What can be chosen for a single program when its object is loaded. */
export interface ProgramOptions {
  /** Whether it is loaded at all [`bpf_program__set_autoload`]; default is what its section says (`?` is no). */
  readonly autoload?: boolean;
  /** ProgramFlags besides those that its section implies [`bpf_program__set_flags`]. */
  readonly flags?: number;
  /** What the verifier shall write about it: LogLevel [`bpf_program__set_log_level`]. */
  readonly logLevel?: number;
  /**
   * Of a program in sections `freplace`, `fentry` or `fexit`: the function of another loaded program that it will be
   * attached to [`bpf_program__set_attach_target`].
   */
  readonly attachTo?: AttachTo;
}

/** Options by name of the program. */
export type ProgramChoices = Readonly<Record<string, ProgramOptions>>;

/**
 * The programs that are to be loaded, with the flags that were chosen.
 *
 * @throws NotFoundError for a choice about a program that the object does not have.
 */
export function choosePrograms(
  { name: object, programs }: ObjectSpec,
  choices: ReadonlyMap<string, ProgramOptions>,
): ProgramSpec[] {
  const names = programs.map(({ name }) => name);
  const unknown = [...choices.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, names);
    throw new NotFoundError({
      message: `object ${object} has no program "${unknown}"`,
      remedy: `It has: ${[...new Set([...near, ...names])].join(', ') || 'none'}.`,
    });
  }
  return programs
    .map((program) => {
      const { autoload, flags } = choices.get(program.name) ?? {};
      return {
        ...program,
        ...(autoload === undefined ? {} : { autoload }),
        ...(flags === undefined ? {} : { flags: (program.flags ?? 0) | flags }),
      };
    })
    .filter(({ autoload }) => autoload !== false);
}
