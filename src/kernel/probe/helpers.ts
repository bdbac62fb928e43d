import { findHelper, type HelperName, ProgramBuilder } from '../../asm/index.ts';
import { ArgumentError, NotSupportedError, PermissionError } from '../../errors/index.ts';
import { AttachType, type ProgramTypeName } from '../../spec/index.ts';
import { closeFd, sudoLine } from '../../sys/index.ts';
import { vmlinuxBtf } from '../machine.ts';
import { loadFailure, type ProbeProgram, tryLoad } from './load.ts';
import { holdsAllRights, type Probe, probe } from './probe.ts';
import { haveProgramType, typeRequirements } from './program-types.ts';

/** What the verifier writes about a helper that it does not give to a type; newer kernels write the last. */
const REFUSED = /^(unknown func|invalid func|program of this type cannot use helper) /m;

/**
 * Whether programs of a type may call a helper [`libbpf_probe_bpf_helper`].
 *
 * The verifier looks a helper up before it looks at arguments, so a call without any is enough: whatever else it
 * complains of, it has the helper. Which helpers `LSM`, `EXT` and `STRUCT_OPS` programs have depends on what
 * they attach to; for these the answer is not conclusive. `TRACING` stands for BTF tracepoints.
 *
 * @throws NotFoundError for a name that is no helper's.
 * @example
 * ```ts
 * haveHelper('XDP', 'ringbuf_output').available; // true from 5.8 on
 * ```
 */
export function haveHelper(type: ProgramTypeName, helper: HelperName): Probe {
  const { name, since } = findHelper(helper);
  const ofType = haveProgramType(type);
  if (!ofType.available) return ofType;
  return probe(`helper ${name} in ${type}`, { since }, () => {
    const instructions = new ProgramBuilder().call(name).exit().build();
    const loaded = tryLoad({ type, instructions, ...target(type) });
    if ('fd' in loaded) closeFd(loaded.fd);
    else if (loaded.log === '') throw loadFailure(type, loaded.errno);
    else if (REFUSED.test(loaded.log)) throw refusal(type, name);
  });
}

function target(type: ProgramTypeName): Partial<ProbeProgram> {
  switch (type) {
    case 'TRACING':
      return {
        attachType: AttachType.TRACE_RAW_TP,
        attachBtfId: vmlinuxBtf().get('typedef', 'btf_trace_sched_process_exec'),
      };
    case 'EXT':
    case 'LSM':
    case 'STRUCT_OPS':
      throw new ArgumentError({
        message: `what ${type} programs may call depends on what they attach to`,
        remedy: 'Load the program itself to find out.',
      });
    default:
      return typeRequirements(type);
  }
}

/** Without all rights some helpers are kept back that the type does have. */
function refusal(type: ProgramTypeName, name: HelperName): NotSupportedError | PermissionError {
  const message = `programs of type ${type} cannot call bpf_${name} on this kernel`;
  if (holdsAllRights()) {
    return new NotSupportedError({
      feature: `bpf_${name}`,
      message,
      remedy: 'Use another helper, or another program type.',
    });
  }
  return new PermissionError({
    command: 'BPF_PROG_LOAD',
    errno: 'EINVAL',
    message: `${message} with the capabilities of this process`,
    remedy: sudoLine(),
  });
}
