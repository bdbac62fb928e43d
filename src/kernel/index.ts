/** Room `kernel`: live objects: load, programs, maps, links, iterators, probes. */
export type { AttachTo } from './attach-target.ts';
export {
  type AttachableProgram,
  type AttachTarget,
  type AttachTargets,
  attach,
  BpfLink,
  FAMILIES,
  type Family,
  type LinkableProgram,
  readIterator,
  streamIterator,
} from './links/index.ts';
export { isAtLeast, type KernelRelease, kernelRelease, possibleCpus, vmlinuxBtf } from './machine.ts';
export { BpfMap } from './map.ts';
export { BpfObject, load } from './object.ts';
export { BpfProgram } from './program.ts';
export { findTracefs, MOUNT_TRACEFS, mountsOf, tracefs, tracepointId } from './tracefs.ts';
