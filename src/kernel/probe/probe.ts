import {
  BpfSyscallError,
  NotFoundError,
  NotSupportedError,
  PermissionError,
  RingtailError,
} from '../../errors/index.ts';
import { effectiveCapabilities, inInitialUserNamespace } from '../../sys/index.ts';
import { isAtLeast, kernelRelease, parseRelease } from '../machine.ts';

/** What trying a feature on the running kernel has shown. */
export interface Probe {
  /** The kernel let this process do it, just now. */
  readonly available: boolean;
  /**
   * The answer holds for as long as this process lives, and is remembered. Not so where something else than the
   * kernel stood in the way: a right that this process lacks, memory, open files, a file system not mounted.
   */
  readonly conclusive: boolean;
  /** First mainline release with the feature; distributions also carry features back to older ones. */
  readonly since: string;
  /** Why it is not available, in one line. */
  readonly reason?: string;
  /** What can be done about it, in one line. */
  readonly remedy?: string;
}

/** What is known about a feature before it is tried. */
export interface Feature {
  /** First mainline release with it. */
  readonly since: string;
  /** Build option of the kernel that it hangs on. */
  readonly config?: string;
}

const remembered = new Map<string, Probe>();

/**
 * The answer to one question, found once.
 *
 * @param question what is asked, unlike any other question.
 * @param attempt uses the feature, frees what it made, and throws where that failed.
 */
export function probe(question: string, feature: Feature, attempt: () => void): Probe {
  const known = remembered.get(question);
  if (known !== undefined) return known;
  const answer = ask(feature, attempt);
  if (answer.conclusive) remembered.set(question, answer);
  return answer;
}

function ask(feature: Feature, attempt: () => void): Probe {
  const { since } = feature;
  try {
    attempt();
    return { available: true, conclusive: true, since };
  } catch (error) {
    if (!(error instanceof RingtailError)) throw error;
    const conclusive = isConclusive(error);
    return { available: false, conclusive, since, ...explain(error, feature, conclusive) };
  }
}

/** Failures that say nothing about the kernel: they may pass. */
const PASSING = new Set(['EAGAIN', 'EBUSY', 'EINTR', 'EMFILE', 'ENFILE', 'ENOMEM']);

function isConclusive(error: RingtailError): boolean {
  // With all rights held it is a policy that refuses; with fewer, another user's rights may do.
  if (error instanceof PermissionError) return holdsAllRights();
  if (error instanceof BpfSyscallError) return !PASSING.has(error.errno);
  return error instanceof NotSupportedError || error instanceof NotFoundError;
}

/** Whether more rights than this process has cannot be had. */
export function holdsAllRights(): boolean {
  return effectiveCapabilities().has('CAP_SYS_ADMIN') && inInitialUserNamespace();
}

function explain(
  error: RingtailError,
  { since, config }: Feature,
  conclusive: boolean,
): { reason: string; remedy: string } {
  const kernel = kernelRelease();
  const { major, minor } = parseRelease(since);
  if (conclusive && !isAtLeast(kernel, major, minor)) {
    return {
      reason: `Linux ${since} brought it, this is ${kernel.text}`,
      remedy: `Run Linux ${since} or later.`,
    };
  }
  const missing = error instanceof BpfSyscallError || error instanceof NotFoundError;
  const remedy =
    conclusive && missing && config !== undefined ? `Run a kernel built with ${config}=y.` : error.remedy;
  return { reason: reasonOf(error), remedy };
}

/** Of a refusal the object does not matter: it was the probe. */
function reasonOf(error: RingtailError): string {
  if (!(error instanceof PermissionError) || error.likely === undefined) return error.message;
  return `${error.command} says ${error.errno}: ${error.likely}`;
}
