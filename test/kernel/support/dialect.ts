import { type BpfObject, compileC, load } from '../../../src/kernel/index.ts';

/**
 * Runs `work` with a text in BCC's dialect, in which `PID` is this process, compiled, loaded and attached.
 *
 * @param places where programs go whose names do not tell: sections by their names.
 */
export async function withDialect<T>(
  text: string,
  work: (object: BpfObject) => T | Promise<T>,
  places: Readonly<Record<string, string>> = {},
): Promise<T> {
  const spec = await compileC(text, { dialect: 'bcc', flags: [`-DPID=${process.pid}`] });
  const programs = spec.programs.map((program) => {
    const section = places[program.name];
    return section === undefined ? program : { ...program, section, autoload: true };
  });
  const object = await load({ ...spec, programs });
  try {
    object.attach();
    return await work(object);
  } finally {
    await object.close();
  }
}

/** Makes the programs that hang on `sys_enter_kill` run: once a call. */
export function act(times = 1): void {
  for (let i = 0; i < times; i++) process.kill(process.pid, 0);
}

/** The head of a program that runs when {@link act} is called. */
export const ON_ACT = `TRACEPOINT_PROBE(syscalls, sys_enter_kill) {
    if (bpf_get_current_pid_tgid() >> 32 != PID) return 0;
`;
