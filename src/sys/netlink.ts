import { readSync, writeSync } from 'node:fs';
import { Attr, cString } from './attr.ts';
import { NETWORKING } from './bpf-link.ts';
import { failure } from './failure.ts';
import { closeFd } from './fd.ts';
import { native } from './native.ts';

/** An attribute of a message (`struct rtattr`): a text, a u32, or nested ones. */
export interface NetlinkAttribute {
  readonly type: number;
  readonly value: string | number | readonly NetlinkAttribute[];
}

/** A request to the kernel's routing netlink (rtnetlink(7)). */
export interface NetlinkRequest {
  /** `RTM_…`. */
  readonly type: number;
  /** `NLM_F_…`; REQUEST and ACK are set. */
  readonly flags: number;
  /** The struct behind the message's header. */
  readonly body: Uint8Array;
  readonly attributes: readonly NetlinkAttribute[];
}

/** Flags of a request. */
export const NetlinkFlags = { ECHO: 0x8, EXCL: 0x200, CREATE: 0x400 } as const;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
/** The kernel has answered when the request has been written: a read that would block is a bug. */
const SOCK_NONBLOCK = 0o4000;
const NETLINK_ROUTE = 0;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;

const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLMSG_ERROR = 2;
const NLMSGERR_ATTR_MSG = 1;

/** `struct nlmsghdr`: u32 length, u16 type, u16 flags, u32 sequence, u32 port. */
const HEADER_SIZE = 16;
/** An answer to one request is one message of the kernel's, far below this. */
const ANSWER_SIZE = 32 * 1024;

/**
 * Sends one request and waits for the kernel's answer to it.
 *
 * @returns the bodies of the messages that came before the acknowledgement (with ECHO: what was made); or
 *   `-errno` and the kernel's own words, where it has some.
 */
export function tryNetlink(
  request: NetlinkRequest,
): { messages: Attr[] } | { errno: number; message: string } {
  const fd = native().socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) throw failure({ command: 'socket', what: 'netlink', errno: -fd, ...NETWORKING });
  try {
    // Only what errors say depends on these; kernels before 4.12 do not know them.
    for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK]) {
      native().setSocketOption(fd, SOL_NETLINK, option, new Attr(4).u32(0, 1).bytes);
    }
    writeSync(fd, encode(request));
    const messages: Attr[] = [];
    for (;;) {
      for (const { type, body } of readMessages(fd)) {
        if (type !== NLMSG_ERROR) messages.push(body);
        else if (body.readU32(0) === 0) return { messages };
        else return { errno: -(body.readU32(0) | 0), message: errorText(body) };
      }
    }
  } finally {
    closeFd(fd);
  }
}

/** {@link tryNetlink}. @throws PermissionError, BpfSyscallError with the kernel's words. */
export function netlink(request: NetlinkRequest, command: string, what: string): Attr[] {
  const answer = tryNetlink(request);
  if ('messages' in answer) return answer.messages;
  const words = answer.message === '' ? what : `${what} ("${answer.message}")`;
  throw failure({ command, what: words, errno: answer.errno, ...NETWORKING });
}

function encode({ type, flags, body, attributes }: NetlinkRequest): Uint8Array {
  const payload = Buffer.concat([padded(body), ...attributes.map(encodeAttribute)]);
  const header = new Attr(HEADER_SIZE)
    .u32(0, HEADER_SIZE + payload.length)
    .u16(4, type)
    .u16(6, flags | NLM_F_REQUEST | NLM_F_ACK);
  return Buffer.concat([header.bytes, payload]);
}

/** `struct rtattr`: u16 length without padding, u16 type, then the value. */
function encodeAttribute({ type, value }: NetlinkAttribute): Uint8Array {
  const bytes =
    typeof value === 'string'
      ? Buffer.from(`${value}\0`)
      : typeof value === 'number'
        ? new Attr(4).u32(0, value).bytes
        : Buffer.concat(value.map(encodeAttribute));
  const header = new Attr(4).u16(0, 4 + bytes.length).u16(2, type);
  return padded(Buffer.concat([header.bytes, bytes]));
}

function padded(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, new Uint8Array(-bytes.length & 3)]);
}

function* readMessages(fd: number): Generator<{ type: number; body: Attr }> {
  const buffer = new Uint8Array(ANSWER_SIZE);
  const size = readSync(fd, buffer);
  for (let at = 0; at + HEADER_SIZE <= size; ) {
    const header = new Attr(buffer.subarray(at, at + HEADER_SIZE));
    const length = header.readU32(0);
    if (length < HEADER_SIZE || at + length > size) return;
    yield { type: header.readU16(4), body: new Attr(buffer.subarray(at + HEADER_SIZE, at + length)) };
    at += (length + 3) & ~3;
  }
}

/** Text of an extended acknowledgement: attributes behind the error and the header of the request it is about. */
function errorText(body: Attr): string {
  for (let at = 4 + HEADER_SIZE; at + 4 <= body.bytes.length; ) {
    const length = body.readU16(at);
    if (length < 4) return '';
    if (body.readU16(at + 2) === NLMSGERR_ATTR_MSG) return cString(body.bytes, at + 4, length - 4);
    at += (length + 3) & ~3;
  }
  return '';
}
