/** Giving up on a blocking call. */
import { EINTR } from '@linnet/kernel';

/**
 * What is needed of an `AbortSignal`: any host's own will do.
 * @public
 */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * A blocking call was given up by its AbortSignal: what EINTR is to a signal. `name` is 'AbortError', `code` 'ABORT_ERR' (as in Node),
 * `cause` the signal's reason.
 * @public
 */
export class AbortError extends Error {
  readonly code: 'ABORT_ERR';
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, cause?: unknown) {
    super('The operation was aborted', cause === undefined ? undefined : { cause });
    this.name = 'AbortError';
    this.code = 'ABORT_ERR';
    this.errno = -EINTR;
    this.syscall = syscall;
  }
}

/**
 * How a blocking call may be given up.
 * @public
 */
export interface BlockOptions {
  /** When it aborts, the call rejects with an {@link AbortError}; what it has done stays done. */
  readonly signal?: AbortSignalLike | undefined;
}
