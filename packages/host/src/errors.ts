import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

/**
 * What this package throws: an error whose `code` is the C library's name of the errno ('EPERM', 'ENOENT', 'EBUSY',
 * 'EINVAL' ...; 'ERR_NO_FFI' when there is no way to call the C library) and whose message says what to do.
 * Source: errno(3); the shape of Node's own system errors.
 *
 * @public
 */
export class HostError extends Error {
  /** The errno's name, or 'ERR_NO_FFI'. */
  readonly code: string;
  /** The negative errno, or 0 when no system call failed. */
  readonly errno: number;
  /** The system call that failed, as 'ioctl(TUNSETIFF)', or the empty string. */
  readonly syscall: string;

  constructor(message: string, code: string, errno = 0, syscall = '', options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/**
 * The negative errno of this machine for a name of errno(3): `hostErrno('EAGAIN')` is -11 on Linux. The numbers of the
 * real kernel belong here, not Linnet's own: on some platforms they differ.
 *
 * @alpha
 */
export function hostErrno(name: keyof typeof constants.errno): number {
  return -constants.errno[name];
}

/**
 * The name of a negative errno that the real kernel returned ('EPERM' for -1), or 'errno N' for one that has no name.
 *
 * @alpha
 */
export function hostErrnoName(errno: number): string {
  // getSystemErrorName throws for a number outside its table.
  try {
    return getSystemErrorName(errno < 0 ? errno : -errno);
  } catch {
    return `errno ${Math.abs(errno)}`;
  }
}
