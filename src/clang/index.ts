/** Room `clang`: C text to a blueprint, by the clang that is installed. */
export { type CompileOptions, compileC, compileObject, compileSync, type Dialect } from './compile.ts';
export { type Clang, findClang, OLDEST_CLANG } from './find.ts';
export type { KernelSource } from './kernel-source.ts';
