import { constants } from 'node:os';

/** The kernel's own "operation not supported", which C libraries have no name for. */
export const ENOTSUPP = 524;

/** Of two names for one number, the kernel's. */
const names = new Map<number, string>([
  [ENOTSUPP, 'ENOTSUPP'],
  [constants.errno.EOPNOTSUPP, 'EOPNOTSUPP'],
]);
for (const [name, value] of Object.entries(constants.errno)) if (!names.has(value)) names.set(value, name);

/** Errno numbers of this machine by name. */
export const errno: Readonly<typeof constants.errno> = constants.errno;

/** Name of an errno number, such as `EINVAL`; `errno 999` where it has none. */
export function errnoName(number: number): string {
  return names.get(number) ?? `errno ${number}`;
}
