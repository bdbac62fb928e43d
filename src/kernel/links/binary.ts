import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ElfFile } from '../../elf/index.ts';
import { NotFoundError, nearest, unreadable } from '../../errors/index.ts';

/** Folders in which the loader looks by itself, after `LD_LIBRARY_PATH` and those of its configuration (ld.so(8)). */
const LIBRARY_FOLDERS = ['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib'];
/** In which programs are looked for after `PATH`. */
const PROGRAM_FOLDERS = ['/usr/bin', '/usr/sbin', '/bin', '/sbin'];

const LOADER_CONFIGURATION = '/etc/ld.so.conf';

/**
 * Path of an executable or library [libbpf's `resolve_full_path`]. A name with a slash is a path already; one with
 * `.so` in it is looked for where the loader looks for libraries, another one in `PATH`.
 *
 * @throws NotFoundError with the folders that were searched.
 */
export function findBinary(name: string): string {
  if (name.includes('/')) {
    if (existsSync(name)) return name;
    throw new NotFoundError({
      message: `there is no file ${name}`,
      remedy: 'Give the path of a binary, or its bare name.',
    });
  }
  const isLibrary = /\.so(\.|$)/.test(name);
  const folders = isLibrary ? libraryFolders() : [...fromEnvironment('PATH'), ...PROGRAM_FOLDERS];
  for (const folder of folders) {
    const path = join(folder, name);
    if (isReadable(path, isLibrary)) return path;
  }
  const close = nearest(name, folders.flatMap(listFolder));
  throw new NotFoundError({
    message: `${isLibrary ? 'library' : 'program'} ${name} is in none of ${[...new Set(folders)].join(', ')}`,
    remedy: close.length > 0 ? `Near it: ${close.join(', ')}.` : 'Give its path.',
  });
}

/** The file, read and opened. @throws ObjectFormatError when it is no 64-bit ELF file; ArgumentError. */
export function openBinary(path: string): ElfFile {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const remedy =
      'Name an executable or a library that this process may read, or probe by an offset in the file.';
    throw unreadable(path, cause, remedy);
  }
  return ElfFile.parse(bytes, { name: path });
}

function libraryFolders(): string[] {
  const configured = configuredFolders(LOADER_CONFIGURATION, 0);
  return [...fromEnvironment('LD_LIBRARY_PATH'), ...configured, ...LIBRARY_FOLDERS];
}

function fromEnvironment(name: string): string[] {
  return (process.env[name] ?? '').split(delimiter).filter((folder) => folder !== '');
}

/** The loader's own configuration: a folder a line, and `include PATTERN`. @param depth includes end at 4. */
function configuredFolders(file: string, depth: number): string[] {
  if (depth > 4 || !existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const text = line.replace(/#.*/, '').trim();
    const [, pattern] = /^include\s+(\S+)$/.exec(text) ?? [];
    if (pattern === undefined) return text.startsWith('/') ? [text] : [];
    return expand(pattern).flatMap((included) => configuredFolders(included, depth + 1));
  });
}

/** Files by a pattern whose last part may begin with a star: `/etc/ld.so.conf.d/*.conf`. */
function expand(pattern: string): string[] {
  const path = join('/etc', pattern.startsWith('/') ? join('..', pattern) : pattern);
  const [folder, end] = path.split('/*', 2) as [string, string?];
  if (end === undefined) return [path];
  return listFolder(folder)
    .filter((file) => file.endsWith(end))
    .sort()
    .map((file) => join(folder, file));
}

function listFolder(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function isReadable(path: string, isLibrary: boolean): boolean {
  try {
    accessSync(path, isLibrary ? constants.R_OK : constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
