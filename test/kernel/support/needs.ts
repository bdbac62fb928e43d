import {
  ATTACH_POINTS,
  type AttachPoint,
  haveAttach,
  haveMapType,
  isAtLeast,
  kernelRelease,
  type Probe,
} from '../../../src/kernel/index.ts';

/** Features by the first kernel that has them. On a later one a test that needs them is never left out. */
const SINCE = {
  'uprobe.multi': [6, 6],
  'uprobe.session': [6, 13],
  tcx: [6, 6],
  'raw_tracepoint.cookie': [6, 10],
  netfilter: [6, 4],
  CGRP_STORAGE: [6, 2],
  ARENA: [6, 9],
  'iter.task': [6, 1],
  'iter.cgroup': [6, 1],
} as const;

/** What a test needs that not every kernel since 5.15 offers; or `clock`: a machine whose time is not emulated. */
export type Need = keyof typeof SINCE | AttachPoint | 'XSKMAP' | 'clock';

/**
 * Leaves a test out where the kernel does not offer what it needs: because it is too old, or, for what kernels are built
 * without or forbid, because trying has shown it. Such a test is neither passed nor silently gone: its result says why.
 *
 * @returns options of a test.
 */
export function needs(...features: readonly Need[]): { skip: string | false } {
  for (const feature of features) {
    if (feature === 'clock') {
      if (process.env['RINGTAIL_EMULATED'] !== undefined)
        return { skip: 'an emulated machine has no time to measure' };
      continue;
    }
    const reason = reasonAgainst(feature);
    // scripts/results.mjs knows it by these words.
    if (reason !== undefined) return { skip: `not offered by this kernel: ${feature}: ${reason}` };
  }
  return { skip: false };
}

function reasonAgainst(feature: Exclude<Need, 'clock'>): string | undefined {
  if (feature === 'XSKMAP') return refusal(haveMapType(feature));
  return isAttachPoint(feature) ? refusal(haveAttach(feature)) : tooOld(feature);
}

function isAttachPoint(feature: Exclude<Need, 'clock'>): feature is AttachPoint {
  return ATTACH_POINTS.includes(feature as AttachPoint);
}

function refusal({ available, conclusive, reason }: Probe): string | undefined {
  // What is not known must be found out by the test.
  return available || !conclusive ? undefined : reason;
}

function tooOld(feature: keyof typeof SINCE): string | undefined {
  const [major, minor] = SINCE[feature];
  if (isAtLeast(kernelRelease(), major, minor)) return undefined;
  return `Linux ${major}.${minor} brought it, this is ${kernelRelease().text}`;
}
