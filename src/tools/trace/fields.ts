import { NotFoundError, NotSupportedError, nearest } from '../../errors/index.ts';
import { readTracepointFormat, vmlinuxBtf } from '../../kernel/index.ts';
import { parseFormat } from '../../spec/index.ts';
import { btfFields } from './btf-fields.ts';
import { builtins } from './builtins.ts';
import type { Declared, Field, FieldSource } from './field.ts';
import type { TraceTarget } from './target.ts';
import { tracepointFields } from './tracepoint-fields.ts';

/** Everything that can be asked of one tracepoint: its own fields, and the built-ins under names that those leave free. */
export class TraceFields {
  readonly #source: FieldSource;
  readonly #builtins: readonly Field[];

  constructor(source: FieldSource, builtins: readonly Field[]) {
    this.#source = source;
    this.#builtins = builtins.filter((field) => source.find(field.name) === undefined);
  }

  /**
   * Reads the fields of a tracepoint from tracefs, or from the kernel's BTF.
   *
   * @throws NotFoundError with the nearest names; PermissionError, ArgumentError where tracefs cannot be read or is not mounted;
   *   ObjectFormatError, NotSupportedError (no BTF).
   */
  static open(target: TraceTarget): TraceFields {
    return new TraceFields(sourceOf(target), builtins(vmlinuxBtf));
  }

  /** The tracepoint's own fields. */
  get declared(): readonly Declared[] {
    return this.#source.declared;
  }

  /** What is shown unless fields are named: when, who, and all that the tracepoint tells but what begins with `__`. */
  get defaults(): readonly Field[] {
    const own = this.#source.declared.filter((field) => field.kind !== 'unreadable');
    return [
      ...this.#builtins.filter(({ name }) => name === 'time' || name === 'pid' || name === 'comm'),
      ...own.filter((field) => !field.name.startsWith('__')),
    ];
  }

  /** @throws NotFoundError with the nearest names; NotSupportedError for what cannot be read; ArgumentError for half a path. */
  find(path: string): Field {
    const field = this.#source.find(path) ?? this.#builtins.find(({ name }) => name === path);
    if (field === undefined) throw this.#notFound(path);
    if (field.kind !== 'unreadable') return field;
    throw new NotSupportedError({
      feature: `fields of type ${field.type}`,
      message: `field "${path}" of ${this.#source.what} is of type ${field.type}, which cannot be read`,
      remedy: 'Numbers, strings, and arrays of a known length can be.',
    });
  }

  #notFound(path: string): NotFoundError {
    const names = [...this.#source.declared, ...this.#builtins].map((field) => field.name);
    const close = nearest(path.split('.')[0]!, names);
    return new NotFoundError({
      message: `${this.#source.what} has no field "${path}"`,
      remedy: close.length > 0 ? `Nearest: ${close.join(', ')}.` : `It has: ${names.join(', ')}.`,
    });
  }
}

function sourceOf(target: TraceTarget): FieldSource {
  if (target.kind !== 'tracepoint') return btfFields(vmlinuxBtf(), target.name, target.kind === 'tp_btf');
  const { category, name } = target;
  const format = parseFormat(
    readTracepointFormat(category, name),
    `format of tracepoint ${category}:${name}`,
  );
  return tracepointFields(category, name, format, vmlinuxBtf);
}
