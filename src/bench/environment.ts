/**
 * The environment of programs that are measured: of this process, but for `NODE_EXTRA_CA_CERTS`. Where that is set, every
 * Node reads the certificates of that file before all else, which takes longer than the rest of its start.
 */
export const ENVIRONMENT: NodeJS.ProcessEnv = environment();

function environment(): NodeJS.ProcessEnv {
  const { NODE_EXTRA_CA_CERTS: _, ...others } = process.env;
  return others;
}
