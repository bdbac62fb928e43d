/** What the verifier says of common mistakes, in the words of several kernels (kernel/bpf/verifier.c), and what helps. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /(?:access '|type=|on )\w*_or_null|NULL pointer passed/,
    'The pointer may be NULL: compare it with NULL before its use, on every way that leads there.',
  ],
  [
    /invalid mem access '(?:scalar|inv)'/,
    'For the verifier this is a number, not an address that it knows: read memory of the kernel by bpf_probe_read_kernel() or BPF_CORE_READ(), and a record not after its submit or discard.',
  ],
  [
    /reference leak|Unreleased reference/,
    'Submit or discard each reserved record on every way out; release what else was acquired.',
  ],
  [
    /too large\. Processed|infinite loop|back-edge|sequence of \d+ jumps/,
    'Bound each loop by a constant; the body of bpf_loop() and global functions are verified only once.',
  ],
  [
    /GPL-restricted/,
    'Give the program a licence that the kernel takes for GPL: char LICENSE[] SEC("license") = "Dual BSD/GPL"; in BCC\'s dialect #define BPF_LICENSE GPL.',
  ],
  [
    /outside of the (?:allowed memory range|packet)|unbounded m(?:emory access|in value)|out of bounds|invalid access to (?:map value|packet|mem)|min value is negative|invalid variable offset/,
    'Compare the index or size with both ends right before its use, best as an unsigned number: if (i < sizeof(buffer)); the end of a packet is data_end.',
  ],
  [
    /!read_ok|invalid (?:indirect )?read from stack/,
    'Nothing was written there before: give variables a value where they are declared (= {}), and return one on every way out.',
  ],
  [
    /combined stack size/,
    'Functions that call each other have 512 bytes of stack together: reserve large structs in a ring, or keep them in a map of one entry.',
  ],
  [
    /cannot use helper|unknown func/,
    'This type of program, or this kernel, does not have it: `ringtail helpers NAME` tells since when there is one, and the section of the program says its type.',
  ],
  [
    /invalid bpf_context access/,
    'The context of this type of program has nothing at this place, or not of this size: declare it as the type that belongs to the section.',
  ],
  [/At program exit .* should have been in/, 'Return one of the values between the brackets.'],
  [
    /type=\w+ expected=/,
    'Give the function what it expects: the address of something on the stack, in a map or in a record.',
  ],
];

/**
 * What to do about a rejection.
 *
 * @param summary as {@link summarizeVerifierLog} gives it.
 */
export function verifierRemedy(summary: string): string {
  const [, known] = REMEDIES.find(([pattern]) => pattern.test(summary)) ?? [];
  const where = 'in error.log (of a command: --verbose)';
  return known === undefined
    ? `Read the whole log ${where}: it ends at the instruction that cannot be proven safe.`
    : `${known} The whole log is ${where}.`;
}
