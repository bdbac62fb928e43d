/** Milliseconds of CPU that this process has used: a bound on them holds on a busy machine too. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
