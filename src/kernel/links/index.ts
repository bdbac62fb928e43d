/** Links: how programs of each family are attached, one file a family. */
export { attach, isAutomatic } from './attach.ts';
export { openBinary } from './binary.ts';
export type { AttachableProgram } from './create.ts';
export { FAMILIES, type Family } from './families.ts';
export { readIterator, streamIterator } from './iterator.ts';
export { kernelFunctions, syscallPrefix } from './kprobe.ts';
export { BpfLink, closeLinks, type LinkableProgram } from './link.ts';
export { matcher } from './place.ts';
export type * from './targets.ts';
