import test from 'node:test';

/**
 * `test` of the kernel tier. Without root it is skipped and says so; in CI that is a failure.
 */
export const kernelTest: typeof test = chooseTest();

function chooseTest(): typeof test {
  if (process.getuid?.() === 0) return test;
  if (process.env['CI'] !== 'true') return test.skip as typeof test;
  return ((name: string) =>
    test(name, () => {
      throw new Error('the kernel tier needs root');
    })) as typeof test;
}
