/** Room `clang`: C text to a blueprint, by the clang that is installed. */
export { type Clang, findClang, OLDEST_CLANG } from './find.ts';
