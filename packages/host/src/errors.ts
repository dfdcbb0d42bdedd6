/**
 * What this package throws: an error whose `code` is the name of the errno ('EPERM', 'ENOENT', 'EBUSY', 'EINVAL' ...;
 * 'ERR_NO_FFI' when there is no way to call the C library) and whose message says what to do.
 * Source: errno(3); the shape of Node's own system errors.
 *
 * @public
 */
export class HostError extends Error {
  /** The errno's name, or 'ERR_NO_FFI'. */
  readonly code: string;
  /** The negative errno, or 0 with 'ERR_NO_FFI'. */
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
