/** Makes wall-clock time of `CLOCK_MONOTONIC` nanoseconds, which is what `bpf_ktime_get_ns` gives. */
export function wallClock(): (ns: bigint) => Date {
  const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  return (ns) => new Date(Number((ns + offset) / 1_000_000n));
}
