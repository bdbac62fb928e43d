import { Attr, cString } from './attr.ts';
import { bpf } from './call.ts';

/** What the kernel tells about a BTF object (`struct bpf_btf_info`). */
export interface BtfInfo {
  readonly id: number;
  /** `vmlinux`, a module's name, or empty for that of a program. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Whether it is the kernel's or one of its modules'. */
  readonly isKernel: boolean;
}

const INFO_SIZE = 32;
const NAME_SIZE = 64;

/** `BPF_OBJ_GET_INFO_BY_FD` of a BTF object. */
export function btfInfo(fd: number, what: string): BtfInfo {
  const name = new Uint8Array(NAME_SIZE);
  const info = ask(fd, what, new Attr(INFO_SIZE).pointer(16, name).u32(24, NAME_SIZE));
  return {
    id: info.readU32(12),
    name: cString(name, 0, NAME_SIZE),
    size: info.readU32(8),
    isKernel: info.readU32(28) !== 0,
  };
}

/** The types themselves, as they were loaded. */
export function btfBytes(fd: number, what: string): Uint8Array {
  const bytes = new Uint8Array(btfInfo(fd, what).size);
  ask(fd, what, new Attr(INFO_SIZE).pointer(0, bytes).u32(8, bytes.length));
  return bytes;
}

function ask(fd: number, what: string, info: Attr): Attr {
  bpf('OBJ_GET_INFO_BY_FD', new Attr(16).u32(0, fd).u32(4, INFO_SIZE).pointer(8, info.bytes), what);
  return info;
}
